#!/usr/bin/python3
"""Writes the examples and near misses of the packs: generated_test.yaml (all),
and tests: in sits.yaml (a few of each) of types that have none yet.

    python3 rules/sit/gen/tests.py [FOLDER …]

Values come from types.txt and are judged by python-stdnum or oracle.py, never
by the rules. Keywords come from the packs, as the question is whether each
piece of evidence counts. Random numbers have a fixed seed per type.
"""
import datetime
import hashlib
import os
import random
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True
import oracle  # noqa: E402
import read  # noqa: E402
import samples  # noqa: E402
import tokens  # noqa: E402
from samples import Text  # noqa: E402

ROOT = os.path.dirname(HERE)
LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
TOKEN = re.compile(r'\{([^}]*)\}|~([ydYl])|(.)')
TESTS = re.compile(r'\n    tests:\n(      .*\n)+')
WANTED = 22  # texts of each kind
HEAD = 'Subject: t\n\n'
FILLER = 'The minutes of the meeting will follow next week and the room stays the same. '


def make(form, rng):
    """One value of a form; None if it is not of its kind."""
    out = []
    for m in TOKEN.finditer(form):
        if m.group(1):
            out.append(rng.choice(m.group(1)))
        elif m.group(2):
            day = datetime.date(1940, 1, 1) + datetime.timedelta(rng.randrange(365 * 59))
            out.append({'y': '%y%m%d', 'd': '%d%m%y', 'Y': '%Y%m%d', 'l': '%d%m'}[m.group(2)] and
                       day.strftime({'y': '%y%m%d', 'd': '%d%m%y', 'Y': '%Y%m%d', 'l': '%d%m'}[m.group(2)])
                       + ('%03d' % (day.year % 1000) if m.group(2) == 'l' else ''))
        else:
            c = m.group(3)
            out.append(rng.choice('0123456789') if c == '#' else rng.choice(LETTERS) if c == '@'
                       else rng.choice(LETTERS + '0123456789') if c == '%' else c)
    return ''.join(out)


def shape(form):
    """A regular expression of the form."""
    out = []
    for m in TOKEN.finditer(form):
        if m.group(1):
            out.append('[' + re.escape(m.group(1)) + ']')
        elif m.group(2):
            out.append({'y': r'\d{6}', 'd': r'\d{6}', 'Y': r'\d{8}', 'l': r'\d{7}'}[m.group(2)])
        else:
            c = m.group(3)
            out.append({'#': r'\d', '@': '[A-Za-z]', '%': '[A-Za-z0-9]'}.get(c) or re.escape(c))
    return ''.join(out)


def dull(v):
    """Values that a validator may refuse for another reason than the check digit."""
    d = re.sub(r'\D', '', v)
    return len(set(d)) < 3 and len(d) > 4 or '0000' in d or d.startswith('000')


def valid(row, rng, form):
    check = row['check']
    for _ in range(400000):
        v = make(form, rng)
        if not dull(v) and (check is None or check(v)):
            return v
    raise SystemExit(f"{row['id']}: no value of form {form}")


def broken(row, rng, v):
    """v with one character changed so that the check fails."""
    places = [i for i, c in enumerate(v) if c.isdigit()]
    if not places:
        return None
    for _ in range(200):
        i = rng.choice(places[len(places) // 3:])
        w = v[:i] + rng.choice('0123456789') + v[i + 1:]
        if w != v and not row['check'](w):
            return w
    return None


def types():
    rows = {}
    for line in open(os.path.join(HERE, 'types.txt'), encoding='utf-8'):
        if line.startswith('#') or not line.strip():
            continue
        f = [x.strip() for x in line.split(' | ')]
        rows.setdefault(f[0], []).append({
            'id': f[0], 'check': oracle.lookup(f[1]), 'forms': [x.strip() for x in f[2].split(' ; ')],
            'words': [x.strip() for x in f[3].split(' ; ')] if len(f) > 3 else None})
    return rows


DATES = {'date-dmy': ['12/03/2029', '12-03-2029', '7 Dec 2028', '05.11.27', '2 december 2029'],
         'date-mdy': ['12/30/2029', 'Dec 7, 2028'], 'date-ymd': ['2029-03-12', '2028.11.05'],
         'date-expiry': ['09/29', '9/2029', '01-28', 'Jan 2029', 'dec/28']}
# Types of many lengths, where a digit more gives another of them.
LENGTHS = {'new-zealand-bank-account-number', 'australia-foi-request-number', 'australia-security-clearance-id', 'australia-dva-file-number'}
SAMPLES = {r'\b\d{3}-\d{3}\b': ['062-000', '733-123'], r'\b\d{3}[- ]\d{3}\b': ['062-000', '733 123'],
           r'\b(?:\d{5}-\d{3}|0\d{8})\b': ['12345-003'],
           r'\b\d{4}[ -]?\d{3}\b': ['0001-123'], r'\b\d{6,10}\b': ['10432897']}


def evidence(near, lists, k):
    """The k-th text that fulfils a tree of supporting elements; None: the tree asks for nothing."""
    if near is None:
        return []
    if 'all' in near:
        return [w for n in near['all'] for w in evidence(n, lists, k)]
    if 'any' in near:
        need = int(near.get('min', 1))
        n = len(near['any'])
        return [w for i in range(need) for w in evidence(near['any'][(k + i) % n], lists, k // n)]
    if 'keywords' in near:
        ids = near['keywords'] if isinstance(near['keywords'], list) else [near['keywords']]
        words = lists[ids[k % len(ids)]]
        return [words[(k // len(ids)) * 7 % len(words)]]
    if 'words' in near:
        return [near['words'][k % len(near['words'])]]
    if near.get('validate') in DATES:
        d = DATES[near['validate']]
        return [d[k % len(d)]]
    if near.get('regex') in SAMPLES:
        s = SAMPLES[near['regex']]
        return [s[k % len(s)]]
    if 'none' in near:
        return []
    raise SystemExit(f'no sample for {near}')


SENTENCES = ['{e} {v}', '{e}: {v}', 'Please note the {e} {v} in the file.', '{v} is the {e} we have.', 'Record: {v} ({e})',
             '{e}\n{v}', 'We got {e} "{v}" yesterday.', '{e} = {v};']


def asked(t, p, v):
    """The confidence of a pattern if it is the type's best, of the value's form and
    all patterns take the same values."""
    if p['confidence'] < max(q['confidence'] for q in t['patterns']) or len({str(q['match'].get('validate')) for q in t['patterns']}) > 1:
        return None
    try:
        return p['confidence'] if re.fullmatch(p['match'].get('regex', ''), v) else None
    except re.error:
        return None


def positives(t, rows, lists, rng):
    withword = [p for p in t['patterns'] if evidence(p['near'], lists, 0)]
    alone = [p for p in t['patterns'] if not evidence(p['near'], lists, 0)]
    # Of patterns for different forms each row has to choose by itself.
    out = []
    k = 0
    while len(out) < WANTED:
        row = rows[k % len(rows)]
        form = row['forms'][(k // len(rows)) % len(row['forms'])]
        v = valid(row, rng, form)
        confidence = None
        if row['words']:
            e = row['words']
        elif not withword:
            out.append(FILLER + v)
            k += 1
            continue
        else:
            best = max(p['confidence'] for p in withword)
            choice = [p for p in withword if p['confidence'] == best] if k % 3 else withword
            p = choice[k % len(choice)]
            e, confidence = evidence(p['near'], lists, k), asked(t, p, v)
        s = SENTENCES[k % len(SENTENCES)]
        out.append(Text(s.replace('{v}', v).replace('{e}', ', '.join(e))))
        out[-1].confidence = confidence
        k += 1
    return out


def compact(v):
    return re.sub(r'[^A-Za-z0-9]', '', v)


def misses(t, rows, lists, rng):
    """Near misses by class; a class that the format does not allow is left out."""
    alone = any(not evidence(p['near'], lists, 0) for p in t['patterns'])
    shapes = [re.compile(shape(f) + r'\Z', re.I) for r in rows for f in r['forms']]
    out = []

    def near_words(k):
        row = rows[k % len(rows)]
        if row['words']:
            return row['words']
        ps = [p for p in t['patterns'] if evidence(p['near'], lists, 0)]
        return evidence(ps[0]['near'], lists, k) if ps else []

    def fits(s, row):
        return any(x.match(s) for x in shapes) and (row['check'] is None or row['check'](s))

    def text(k, v):
        return ' '.join(near_words(k) + [v])

    for k in range(4):
        row = rows[k % len(rows)]
        form = row['forms'][k % len(row['forms'])]
        v = valid(row, rng, form)
        c = compact(v)
        if row['check']:
            for w in (broken(row, rng, v), broken(row, rng, v)):
                if w and w.endswith(v[-1:]) or w:
                    out.append(('wrong check digit', text(k, w)))
        if not alone:
            out.append(('no evidence', 'Please note the number ' + v + ' in the file.'))
            far = ' '.join(near_words(k))
            gap = (FILLER * 5)[:301]
            out.append(('evidence too far', far + gap.replace(' the', ' our', 1)[:300].ljust(300, 'x') + ' ' + v))
            out.append(('order number', 'Order ' + v + ' has left our stock.'))
            out.append(('phone number', 'Call me back on ' + v + ' after five.'))
        for w, name in (('8' + c, 'digit before'), (c + '3', 'digit after')):
            if not any(x.match(w) for x in shapes) and t['id'] not in LENGTHS:
                out.append((name, text(k, w)))
        h = hashlib.sha256(f"{t['id']}{k}".encode()).hexdigest()
        out.append(('in a URL', text(k, f'https://cdn.example.net/a{h[:9]}f{c}e{h[9:14]}/i.png')))
        out.append(('in base64', text(k, f'UEsDBBQA{h[:5].upper()}Bk{c}zR{h[5:11]}Wq')))
        out.append(('in hex', text(k, f'0x{h[:12]}a{c}b{h[12:20]}')))
        out.append(('in a hash', text(k, f'sha256:{h[:24]}d{c}f{h[24:40]}')))
        out.append(('in CSS', text(k, f'.w{c}px {{ width: {c}px }}')))
    return out


def trim(tid, out):
    """Near misses in turn from each class, WANTED of them."""
    classes = {}
    for name, s in out:
        classes.setdefault(name, []).append(s)
    picked = []
    while len(picked) < WANTED and any(classes.values()):
        for name, texts in classes.items():
            if texts and len(picked) < WANTED:
                picked.append((name, texts.pop(0)))
    return picked


def ordinary(tid):
    """Text like a secret that is none."""
    h = hashlib.sha512(tid.encode()).hexdigest()
    return [('ordinary text', s) for s in (
        'The minutes of the meeting will follow next week.', 'sha512: ' + h, 'commit ' + h[:40], 'Order 4711-' + h[:6],
        'Content-Type: multipart/mixed; boundary="----=_Part_' + h[:9] + '"', 'Please choose a password of twelve characters.',
        'The key is under the mat, the token is in the box.', 'see https://www.example.net/' + h[:12] + '/index.html',
        '.a' + h[:6] + ' { color: #' + h[:6] + ' }', 'integrity="sha256-" crossorigin="anonymous"',
        'Reset your password here: https://www.example.net/reset', 'password: ********')]


def quote(s):
    return '"' + s.replace('\\', '\\\\').replace('"', '\\"').replace('\n', '\\n') + '"'


def aslist(x):
    return x if isinstance(x, list) else [x] if x else []


class Packs:
    """All packs and the texts of their types."""

    def __init__(self):
        self.rows = types()
        self.secrets = tokens.load(os.path.join(HERE, 'secrets.txt'))
        self.samples = samples.load(os.path.join(HERE, 'texts.txt'))
        self.folders = sorted(d for d in os.listdir(ROOT) if os.path.exists(f'{ROOT}/{d}/sits.yaml'))
        self.text, self.lists, self.type = {}, {}, {}
        self.cache = {}
        for d in self.folders + ['common']:
            kw = f'{ROOT}/{d}/keywords.yaml'
            if os.path.exists(kw):
                for k, v in read.keywords(open(kw, encoding='utf-8').read()).items():
                    self.lists[f'{d}/{k}'] = self.lists[f'sit-{d}/{k}'] = v
        for d in self.folders:
            self.text[d] = open(f'{ROOT}/{d}/sits.yaml', encoding='utf-8').read()
            for t in read.sits(TESTS.sub('\n', self.text[d])):
                self.type[t['id']] = (d, t)

    def texts(self, tid):
        """Positives and near misses of a type, None if there is no source for them."""
        if tid not in self.cache:
            self.cache[tid] = self.make(tid)
        return self.cache[tid]

    def make(self, tid):
        d, t = self.type[tid]
        rng = random.Random(tid)
        lists = {k: v for k, v in self.lists.items() if k.startswith('sit-')}
        lists |= {k[len(d) + 1:]: v for k, v in self.lists.items() if k.startswith(d + '/')}
        if tid in self.rows:
            return positives(t, self.rows[tid], lists, rng), trim(tid, misses(t, self.rows[tid], lists, rng))
        if tid in self.secrets:
            pos, by = tokens.examples(rng, self.secrets[tid], WANTED)
            return pos, trim(tid, [(name, s) for name, l in by.items() for s in l] + ordinary(tid))
        words = [w for p in t['patterns'] for k in aslist(p['match'].get('keywords')) for w in lists[k]]
        found = samples.examples(rng, tid, self.samples, words, WANTED)
        if found:
            return found[0], trim(tid, found[1] + ordinary(tid))
        if 'members' in t:
            have = [self.texts(m) for m in t['members'] if m in self.type]
            have = [h for h in have if h]
            if have:
                pos = [have[k % len(have)][0][k // len(have)] for k in range(max(WANTED, len(have)))]
                # Where a value stands in something else or is none, no member is there either.
                inside = [(name, s) for h in have for name, s in h[1] if name.startswith('in ') or name in ('variable', 'misspelt', 'inside a word', 'near miss')]
                rng.shuffle(inside)
                return pos, trim(tid, inside + ordinary(tid))
        return None


def main():
    packs = Packs()
    total = 0
    for d in sys.argv[1:] or packs.folders:
        text, tests = packs.text[d], []
        for t in read.sits(TESTS.sub('\n', text)):
            made = packs.texts(t['id'])
            if not made:
                print('no examples for ' + t['id'], file=sys.stderr)
                continue
            pos, neg = made
            for i, s in enumerate(pos):
                level = f", confidence: {c}" if (c := getattr(s, 'confidence', None)) and 'members' not in t else ''
                tests.append(f"  - {{name: {t['id']} {i + 1}, mail: {quote(HEAD + s)}, findings: [{{type: {t['id']}{level}}}]}}")
            count = {}
            for name, s in neg:
                count[name] = count.get(name, 0) + 1
                tests.append(f"  - {{name: {t['id']} {name} {count[name]}, mail: {quote(HEAD + s)}, absent: [findings.{t['id']}]}}")
            total += len(pos) + len(neg)
            head, tail = text.split(f"\n  - id: {t['id']}\n", 1)
            end = tail.find('\n\n  - id: ')
            end = len(tail) if end < 0 else end + 1
            if TESTS.search(tail[:end]):
                continue  # written by hand, or before
            inline = ('    tests:\n      match: [' + ', '.join(quote(s) for s in pos[:2]) + ']\n'
                      + '      no_match: [' + ', '.join(quote(s) for _, s in neg[:2]) + ']\n')
            text = head + f"\n  - id: {t['id']}\n" + tail[:end] + inline + tail[end:]
        with open(f'{ROOT}/{d}/sits.yaml', 'w', encoding='utf-8') as f:
            f.write(text)
        with open(f'{ROOT}/{d}/generated_test.yaml', 'w', encoding='utf-8') as f:
            f.write('# Written by gen/tests.py; do not edit.\ntests:\n' + '\n'.join(tests) + '\n')
    print(f'{total} texts', file=sys.stderr)


if __name__ == '__main__':
    main()
