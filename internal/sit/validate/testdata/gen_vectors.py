#!/usr/bin/env python3
"""Writes test vectors of the validators, judged by python-stdnum.

  gen_vectors.py --out vectors.tsv.gz            240 values per number
  gen_vectors.py --live --count 10000 [NAME…]    to standard output

Each line is name, value, 1 or 0, with tabs between. A number is left out when
this python-stdnum has no module for it; the first line names its version. The
committed file is of release 2.2.
"""
import argparse
import datetime
import gzip
import importlib
import io
import random
import sys

D = "0123456789"
L = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
X = D + L


def n(k):
    return lambda r: "".join(r.choice(D) for _ in range(k))


def a(k, alphabet=L):
    return lambda r: "".join(r.choice(alphabet) for _ in range(k))


def one(*words):
    return lambda r: r.choice(words)


def date(fmt, lo=1901, hi=2024):
    """A real date; one in eight has a place changed and mostly is none."""
    def make(r):
        day = datetime.date(lo, 1, 1) + datetime.timedelta(days=r.randrange((hi - lo) * 365))
        if r.random() < 0.05:
            day = datetime.date(r.choice([1904, 1952, 2000]), 2, 29)
        s = day.strftime(fmt)
        if r.random() < 0.12:
            i = r.randrange(len(s))
            s = s[:i] + r.choice(D) + s[i + 1:]
        return s
    return make


def offset(fmt, at, add, **kw):
    """A date whose two digits at place at have one of add added."""
    base = date(fmt, **kw)

    def make(r):
        s = base(r)
        return s[:at] + "%02d" % ((int(s[at:at + 2]) + r.choice(add)) % 100) + s[at + 2:]
    return make


def iban(r):
    from stdnum import iban as m
    cc = r.choice(COUNTRIES)
    info = m._ibandb.info(cc)[0][1]
    body = ""
    for k, kind in m._struct_re.findall(info.get("bban", "18!n")):
        body += "".join(r.choice({"n": D, "a": L, "c": X}[kind]) for _ in range(int(k)))
    if cc == "ES" and r.random() < 0.9:
        from stdnum.es import ccc
        body = body[:8] + ccc.calc_check_digits(body) + body[10:]
    if cc == "BE" and r.random() < 0.9:
        body = r.choice(["001", "063", "310", "732", "979"]) + body[3:10]
        body += "%02d" % (int(body) % 97 or 97)
    return cc + "??" + body


COUNTRIES = ("AD AE AL AT AZ BA BE BG BH BI BR BY CH CR CY CZ DE DJ DK DO EE EG ES FI FK FO FR GB GE GI GL GR GT "
             "HN HR HU IE IL IQ IS IT JO KW KZ LB LC LI LT LU LV LY MC MD ME MK MN MR MT MU NI NL NO OM PK PL PS PT "
             "QA RO RS RU SA SC SD SE SI SK SM SO ST SV TL TN TR UA VA VG XK YE DE GB FR AU US").split()

# name, module, parts of the number, delimiters both sides skip.
# In the parts ? is a check digit, @ a check letter, * either.
NUMBERS = [
    ("luhn", "luhn", [lambda r: n(r.randrange(1, 18))(r), "?"], ""),
    ("verhoeff", "verhoeff", [lambda r: n(r.randrange(1, 18))(r), "?"], ""),
    ("damm", "damm", [lambda r: n(r.randrange(1, 18))(r), "?"], ""),
    ("iso7064-mod-11-2", "iso7064.mod_11_2", [n(15), "*"], ""),
    ("iso7064-mod-11-10", "iso7064.mod_11_10", [n(12), "?"], ""),
    ("iso7064-mod-97-10", "iso7064.mod_97_10", [a(14, X), "??"], ""),
    ("iso7064-mod-37-2", "iso7064.mod_37_2", [a(14, X), "*"], ""),
    ("iso7064-mod-37-36", "iso7064.mod_37_36", [a(14, X), "*"], ""),
    ("ean", "ean", [lambda r: n(r.choice([7, 11, 12, 13]))(r), "?"], " -"),
    ("iban", "iban", [iban], " -."),
    ("bic", "bic", [a(4), one("AU", "GB", "DE", "US", "NZ", "XK", "QQ", "ZZ"), a(2, X), one("", "XXX", "A1B")], " -"),
    ("isin", "isin", [one("AU", "US", "XS", "GB", "QX"), a(9, X), "?"], " "),
    ("cusip", "cusip", [a(8, X), "?"], " "),
    ("sedol", "gb.sedol", [one("B", "C", "0", "2", "Z"), a(5, D + "BCDFGHJKLMNPQRSTVWXYZ"), "?"], " "),
    ("lei", "lei", [a(18, X), "??"], " -"),
    ("creditor-reference", "iso11649", ["RF??", lambda r: a(r.randrange(1, 21), X)(r)], " "),
    ("us-rtn", "us.rtn", [n(8), "?"], ""),
    ("es-ccc", "es.ccc", [n(8), "??", n(10)], " -"),
    ("no-account", "no.kontonr", [n(10), "?"], " ."),
    ("imei", "imei", [n(14), "?"], " -"),
    ("btc", "bitcoin", [one("1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
                            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
                            "bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3")], ""),
    ("au-tfn", "au.tfn", [n(8), "?"], " "),
    ("au-abn", "au.abn", ["??", n(9)], " "),
    ("au-acn", "au.acn", [n(8), "?"], " "),
    ("nz-ird", "nz.ird", [one("", "1", "0"), n(7), "?"], " -"),
    ("nz-bank-account", "nz.bankaccount", [lambda r: nz_account(r)], ""),
    ("us-ssn", "us.ssn", [n(9)], "-"),
    ("us-itin", "us.itin", ["9", n(8)], "-"),
    ("us-ein", "us.ein", [n(9)], "-"),
    ("ca-sin", "ca.sin", [n(8), "?"], " -"),
    ("ca-bc-phn", "ca.bc_phn", ["9", n(8), "?"], " -"),
    ("ar-cuit", "ar.cuit", [one("20", "23", "27", "30", "33", "50", "21"), n(8), "?"], " -"),
    ("ar-dni", "ar.dni", [n(8)], " ."),
    ("br-cpf", "br.cpf", [n(9), "??"], " -."),
    ("br-cnpj", "br.cnpj", [lambda r: n(12)(r) if r.random() < .7 else a(12, X)(r), "??"], " -./"),
    ("cl-rut", "cl.rut", [lambda r: n(r.choice([7, 8]))(r), "*"], " -."),
    ("co-nit", "co.nit", [lambda r: n(r.choice([8, 9, 10]))(r), "?"], " .-,"),
    ("ec-ci", "ec.ci", [one("01", "09", "17", "24", "30", "50", "31"), n(7), "?"], " -"),
    ("mx-curp", "mx.curp",
     [lambda r: r.choice(L) + r.choice("AEIOU") + a(2)(r), date("%y%m%d"), one("H", "M", "X"),
      one("DF", "JC", "NE", "VZ", "QQ"), a(3), one("0", "1", "A", "B"), "?"], " -"),
    ("nhs", "gb.nhs", [n(9), "?"], " -"),
    ("gb-utr", "gb.utr", ["?", n(9)], " "),
    ("gb-vat", "gb.vat", [lambda r: r.choice(["", "GB"]) + n(7)(r) + "??" + r.choice(["", "", "001"])], " -."),
    ("ie-pps", "ie.pps", [n(7), "@", one("", "A", "B", "H", "W", "T", "X", "C")], " -"),
    ("be-nn", "be.ssn be.nn", [offset("%y%m%d", 2, [0, 0, 0, 20, 40, 60]), n(3), "??"], " -."),
    ("be-vat", "be.vat", [one("", "BE"), one("0", "1"), n(7), "??"], " -./"),
    ("nl-bsn", "nl.bsn", [n(8), "?"], " -."),
    ("nl-vat", "nl.btw", [one("", "NL"), n(9), "B", "??"], " -."),
    ("pt-nif", "pt.nif", [one("", "PT"), n(8), "?"], " -."),
    ("pt-cc", "pt.cc", [n(9), a(2, X), "?"], " "),
    ("fr-nir", "fr.nir", [one("1", "2"), date("%y%m"), one("75", "13", "2A", "2B", "99", "2C"), n(6), "??"], " ."),
    ("fr-nif", "fr.nif", [one("0", "1", "2", "3", "4"), n(9), "???"], " "),
    ("fr-siren", "fr.siren", [n(8), "?"], " ."),
    ("fr-siret", "fr.siret", [one("73282932", "35600000", "55217862"), "?", n(4), "?"], " ."),
    ("fr-vat", "fr.tva", [one("", "FR"), lambda r: r.choice(["??", "??", "*" + r.choice(L), r.choice(L) + "*"]),
                          one("303265045", "443061841", "552178639", "000010040", "999999999")], " -."),
    ("es-dni", "es.dni", [n(8), "@"], " -"),
    ("es-nie", "es.nie", [one("X", "Y", "Z", "W"), n(7), "@"], " -"),
    ("es-cif", "es.cif", [a(1), n(7), "*"], " -"),
    ("es-nif", "es.nif", [one("", "ES"), lambda r: r.choice(D + "XYZKLMABPQ"), n(7), "*"], " -"),
    ("de-tin", "de.idnr", [lambda r: idnr(r), "?"], " -./,"),
    ("de-vat", "de.vat", [one("", "DE"), n(8), "?"], " -./,"),
    ("at-tin", "at.tin", [one("59", "04", "98", "03", "99", "11", "65"), n(6), "?"], " -./,"),
    ("at-uid", "at.uid", [one("", "AT"), "U", n(7), "?"], " -./"),
    ("at-vnr", "at.vnr", [n(3), "?", date("%d%m%y")], " "),
    ("ch-ahv", "ch.ssn", [one("756", "756", "755"), n(9), "?"], " ."),
    ("ch-uid", "ch.uid", ["CHE", n(8), "?"], " -."),
    ("it-cf", "it.codicefiscale",
     [a(6), lambda r: date("%y")(r), a(1, "ABCDEHLMPRST"),
      lambda r: "%02d" % (r.randrange(1, 32) + r.choice([0, 40])), a(1), a(3, D + D + "LMNPQRSTUV"), "@"], " -:"),
    ("it-vat", "it.iva", [one("", "IT"), n(7), one("001", "058", "100", "121", "888", "101", "000"), "?"], " -:"),
    ("se-personnummer", "se.personnummer", [one("", "", "19"), date("%y%m%d", hi=1999), one("-", "+", ""), n(3), "?"], " :"),
    ("no-fnr", "no.fodselsnummer", [offset("%d%m%y", 0, [0, 0, 40, 80]), n(3), "??"], " -:"),
    ("dk-cpr", "dk.cpr", [date("%d%m%y"), n(4)], " -"),
    ("fi-hetu", "fi.hetu", [date("%d%m%y"), a(1, "+-ABCYXWVUFG"), n(3), "*"], ""),
    ("ee-ik", "ee.ik", [a(1, "3456129"), date("%y%m%d"), n(3), "?"], " "),
    ("lt-asmens", "lt.asmens", [a(1, "3456129"), date("%y%m%d"), n(3), "?"], " "),
    ("lv-pk", "lv.pvn", [lambda r: date("%d%m%y")(r) + r.choice("0123") if r.random() < .8 else "32" + n(5)(r), n(3), "?"], " -"),
    ("lv-vat", "lv.pvn", [one("", "LV"), a(1, "456789"), n(9), "?"], " -"),
    ("cz-rc", "cz.rc", [offset("%y%m%d", 2, [0, 50, 0, 50, 20, 70, 30]), one("/", ""), n(3), one("", "?", "?", "?")], " "),
    ("sk-rc", "sk.rc", [offset("%y%m%d", 2, [0, 50]), n(3), one("", "?", "?")], " /"),
    ("hu-vat", "hu.anum", [one("", "HU"), n(7), "?"], " -"),
    ("pl-pesel", "pl.pesel", [offset("%y%m%d", 2, [0, 20, 80, 40, 10]), n(4), "?"], " -"),
    ("pl-nip", "pl.nip", [one("", "PL"), n(9), "?"], " -"),
    ("pl-regon", "pl.regon", [lambda r: n(8)(r) + "?" if r.random() < .5 else n(8)(r) + "?" + n(4)(r) + "?"], " -"),
    ("bg-egn", "bg.egn", [offset("%y%m%d", 2, [0, 0, 20, 40]), n(3), "?"], " -."),
    ("cy-tin", "cy.vat", [one("", "CY"), one("0", "9", "1"), n(7), "@"], " -"),
    ("gr-amka", "gr.amka", [date("%d%m%y"), n(4), "?"], " -"),
    ("gr-afm", "gr.vat", [one("", "EL", "GR"), lambda r: n(r.choice([7, 8]))(r), "?"], " -./:"),
    ("hr-oib", "hr.oib", [one("", "HR"), n(10), "?"], " -"),
    ("ro-cnp", "ro.cnp", [a(1, D), date("%y%m%d"), one("01", "40", "52", "99", "47", "70"), n(3), "?"], " -"),
    ("si-tin", "si.ddv", [one("", "SI"), n(7), "?"], " -"),
    ("si-emso", "si.emso", [lambda r: (lambda s: s[:4] + s[5:])(date("%d%m%Y")(r)), n(5), "?"], " "),
    ("tr-tckn", "tr.tckimlik", [n(9), "??"], ""),
    ("ru-inn", "ru.inn", [lambda r: n(9)(r) + "?" if r.random() < .5 else n(10)(r) + "??"], " "),
    ("ae-id", "luhn", ["784", n(11), "?"], ""),
    ("id-nik", "id.nik", [one("3171", "1101", "3204", "5101", "9999"), n(2), offset("%d%m%y", 0, [0, 40]), n(4)], " -."),
    ("il-id", "il.idnr", [n(8), "?"], " -"),
    ("in-aadhaar", "in_.aadhaar", [n(11), "?"], " -"),
    ("in-pan", "in_.pan", [a(3), a(1, "ABCFGHLJPTKDE"), a(1), n(4), a(1)], " -"),
    ("in-gstin", "in_.gstin", [one("27", "07", "37", "01", "00", "39"), a(3), a(1, "ABCFGHLJPTKD"), a(1), n(4), a(1),
                              a(1, "0123ABC"), "Z", "*"], " -"),
    ("in-epic", "in_.epic", [a(3), n(6), "?"], " -"),
    ("jp-my-number", "jp.in_", [n(11), "?"], " -"),
    ("jp-corporate", "jp.cn", ["?", n(12)], " -"),
    ("kr-rrn", "kr.rrn", [date("%y%m%d"), n(6), "?"], "-"),
    ("my-nric", "my.nric", [date("%y%m%d"), n(6)], " -*"),
    ("th-pin", "th.pin", [n(12), "?"], " -"),
    ("cn-ric", "cn.ric", [one("110101", "310104", "440305", "650102", "999999", "119999"), date("%Y%m%d"), n(3), "*"], ""),
    ("cn-uscc", "cn.uscc", [one("91", "52", "11", "A1"), one("110000", "310104", "440305"),
                            a(9, D + "ABCDEFGHJKLMNPQRTUWXY"), "*"], " -"),
    ("za-id", "za.idnr", [date("%y%m%d"), n(4), one("0", "1", "2"), one("8", "9"), "?"], " "),
]


def nz_account(r):
    """Branches that are in the register and any others, written in groups or not."""
    bank = r.choice(["01-0902", "03-0104", "06-0101", "12-3109", "38-6000", "38-9000", "08-6523", "09-0000", "11-0123",
                     "11-5900", "25-2500", "26-2600", "28-2100", "29-2150", "99-0001"])
    if r.random() < .5:
        bank = bank[:3] + bank[3:3 + r.randrange(4)] + n(4)(r)
        bank = bank[:7]
    s = "-".join([bank, r.choice(["", "0", "00"]) + n(4)(r) + "?", "0" + n(1)(r)])
    how = r.random()
    if how < .2:
        return s.replace("-", " ")
    if how < .5:
        bank, branch, base, suffix = s.split("-")
        return bank + branch + base.rjust(7, "0") + "0" + suffix
    return s


def idnr(r):
    """Ten digits of which one or more occur twice or three times."""
    s = r.sample(D, 10)
    i, j, k = r.sample(range(10), 3)
    s[i] = s[j]
    if r.random() < .3:
        s[k] = s[j]
    if r.random() < .2:
        s[r.randrange(10)] = s[r.randrange(10)]
    return "".join(s)


def body(parts, r):
    return "".join(p if isinstance(p, str) else p(r) for p in parts)


def fill(s, r, limit):
    """All, or limit random, ways to write the check places."""
    places = [(i, {"?": D, "@": L, "*": X}[c]) for i, c in enumerate(s) if c in "?@*"]
    total = 1
    for _, alphabet in places:
        total *= len(alphabet)
    for k in (range(total) if total <= limit else r.sample(range(total), limit)):
        out = list(s)
        for i, alphabet in places:
            k, v = divmod(k, len(alphabet))
            out[i] = alphabet[v]
        yield "".join(out)


def separated(s, seps, r):
    if not seps or len(s) < 4:
        return s
    sep = r.choice(seps)
    places = set(r.sample(range(1, len(s)), min(len(s) - 1, r.randrange(1, 4))))
    return "".join((sep if i in places else "") + c for i, c in enumerate(s))


def mutated(s, r):
    if len(s) < 2:
        return s + "0"
    i = r.randrange(len(s))
    how = r.random()
    if how < .6:
        alphabet = D if s[i] in D else L if s[i] in L else X
        if r.random() < .05:
            alphabet = X
        return s[:i] + r.choice(alphabet) + s[i + 1:]
    if how < .8 and i + 1 < len(s):
        return s[:i] + s[i + 1] + s[i] + s[i + 2:]
    if how < .9:
        return s[:i] + s[i + 1:]
    return s[:i] + r.choice(D) + s[i:]


def values(name, module, parts, seps, count, r):
    pool = []
    seen = set()

    def judge(s):
        try:
            return bool(module.is_valid(s))
        except Exception:  # a module that fails on odd text does not accept it
            return False

    def emit(s, verdict=None):
        if s in seen or not s:
            return
        seen.add(s)
        if verdict is None:
            verdict = judge(s)
        if verdict and len(pool) < 400:
            pool.append(s)
        yield s, verdict

    bodies = 0
    while len(seen) < min(count // 2, 1200) and len(pool) < 250 and bodies < count:
        bodies += 1
        valid, wrong = [], []
        for s in fill(body(parts, r), r, 1000):
            (valid if judge(s) else wrong).append(s)
        for s in valid[:2]:
            yield from emit(s, True)
        everything = not valid and len(wrong) <= 36 and r.random() < .15
        for s in wrong if everything else r.sample(wrong, min(len(wrong), 1)):
            yield from emit(s, False)
    tries = 0
    while len(seen) < count and tries < count * 20:
        tries += 1
        base = r.choice(pool) if pool else body(parts, r)
        how = r.random()
        if how < .25:
            yield from emit(separated(base, seps, r))
        elif how < .3:
            yield from emit(base.lower())
        elif how < .8:
            yield from emit(mutated(base, r))
        else:
            for s in fill(body(parts, r), r, 3):
                yield from emit(s)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--out")
    ap.add_argument("--live", action="store_true")
    ap.add_argument("--count", type=int, default=240)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("names", nargs="*")
    args = ap.parse_args()
    import stdnum
    text = io.StringIO()
    text.write("# python-stdnum %s, %s\n" % (stdnum.__version__, datetime.date.today()))
    for name, modules, parts, seps in NUMBERS:
        if args.names and name not in args.names:
            continue
        module = None
        for m in modules.split():
            try:
                module = importlib.import_module("stdnum." + m)
                break
            except ImportError:
                continue
        if module is None:
            text.write("# %s: no module %s\n" % (name, modules))
            continue
        r = random.Random("%s %d" % (name, args.seed))
        for s, verdict in values(name, module, parts, seps, args.count, r):
            text.write("%s\t%s\t%d\n" % (name, s, verdict))
    if args.live:
        sys.stdout.write(text.getvalue())
        return
    with open(args.out, "wb") as f, gzip.GzipFile(fileobj=f, mode="wb", mtime=0) as z:
        z.write(text.getvalue().encode())


if __name__ == "__main__":
    main()
