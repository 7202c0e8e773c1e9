"""Random secrets for secrets.txt."""
import base64
import hashlib
import json
import re
import urllib.parse
import zlib

DIGITS = '0123456789'
LOWER = 'abcdefghijklmnopqrstuvwxyz'
UPPER = LOWER.upper()
BASE62 = DIGITS + UPPER + LOWER
SLOT = re.compile(r'«([a-zA-Z0-9]+)(?::([a-zA-Z0-9]+))?»')


def bytes_(rng, n):
    return bytes(rng.randrange(256) for _ in range(n))


def pick(rng, alphabet, n):
    """n characters with at least one digit, capital and small letter where the alphabet has them."""
    while True:
        s = ''.join(rng.choice(alphabet) for _ in range(n))
        if n < 20 or all(not set(alphabet) & set(c) or set(s) & set(c) for c in (DIGITS, UPPER, LOWER)):
            return s


def crc(rng, body):
    n, tail = zlib.crc32(body.encode()), ''
    for _ in range(6):
        n, r = divmod(n, 62)
        tail = BASE62[r] + tail
    return body + tail


def jwt(rng):
    def part(x):
        return base64.urlsafe_b64encode(json.dumps(x).encode()).decode().rstrip('=')
    return '.'.join([part({'typ': 'JWT', 'alg': 'RS256', 'kid': pick(rng, BASE62, 12)}),
                     part({'sub': pick(rng, DIGITS, 8), 'iss': 'https://login.agency.gov.au/' + pick(rng, LOWER, 6)}),
                     pick(rng, BASE62 + '_-', 85) + 'A'])


B58 = ''.join(c for c in BASE62 if c not in '0OIl')


def base58check(raw):
    """Bytes with four bytes of a double SHA-256, in base 58 (Bitcoin)."""
    raw += hashlib.sha256(hashlib.sha256(raw).digest()).digest()[:4]
    n, out = int.from_bytes(raw, 'big'), ''
    while n:
        n, r = divmod(n, 58)
        out = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'[r] + out
    return '1' * (len(raw) - len(raw.lstrip(b'\0'))) + out


def check731(s):
    """Check digit of ICAO Doc 9303-3."""
    return str(sum((0 if c == '<' else int(c, 36)) * w for c, w in zip(s, (7, 3, 1) * 20)) % 10)


def mrz3(rng):
    """Second line of a passport's machine-readable zone."""
    doc, born, until, own = pick(rng, UPPER, 2) + pick(rng, DIGITS, 7), '8%d0%d1%d' % tuple(rng.randrange(1, 9) for _ in range(3)), '3%d0%d2%d' % tuple(rng.randrange(1, 9) for _ in range(3)), '<' * 14
    a, b, c = doc + check731(doc), born + check731(born), until + check731(until)
    d = own + '<'
    return a + 'AUS' + b + rng.choice('MFX<') + c + d + check731(a + b + c + d)


def mrz1(rng):
    """Upper two lines of an identity card's machine-readable zone."""
    m = mrz3(rng)
    one, two = 'I<AUS' + m[:10] + '<' * 15, m[13:20] + m[20] + m[21:28] + 'AUS' + '<' * 11
    return one + '\n' + two + check731(one[5:] + two[:7] + two[8:15] + two[18:29])


CHECKED = {'btc': (b'\0', 20), 'btc3': (b'\5', 20), 'ltc': (b'0', 20), 'doge': (b'\x1e', 20), 'tron': (b'A', 20), 'wif': (b'\x80', 32),
           'xprv': (b'\x04\x88\xad\xe4', 74)}


def secret(rng, kind, arg):
    if kind in CHECKED:
        return base58check(CHECKED[kind][0] + bytes_(rng, CHECKED[kind][1]))
    if kind == 'mrz1':
        return mrz1(rng)
    if kind == 'mrz':
        return mrz3(rng)
    if kind in ('gh', 'npm'):
        return ('gh' + arg + '_' if kind == 'gh' else 'npm_') + crc(rng, pick(rng, BASE62, 30))
    if kind == 'jwt':
        return jwt(rng)
    if kind == 'pfx':
        return 'MIIK' + pick(rng, BASE62 + '+/', 60)
    if kind == 'pw':
        return pick(rng, UPPER + LOWER, 1) + pick(rng, LOWER, 4) + pick(rng, DIGITS, 2) + rng.choice('!*+?_') + pick(rng, BASE62, 3)
    n = int(arg)
    if kind == 'b64':
        return base64.b64encode(bytes_(rng, n)).decode()
    if kind == 'pct':
        return urllib.parse.quote(base64.b64encode(bytes_(rng, n)).decode(), safe='')
    if kind == 'url':
        return rng.choice(BASE62) + pick(rng, BASE62 + '-_', n - 2) + rng.choice(BASE62) if n > 3 else pick(rng, BASE62, n)
    alphabet = {'b64n': BASE62 + '/+', 'hex': '0123456789abcdef', 'HEX': '0123456789ABCDEF', 'b32': LOWER + '234567', 'B32': UPPER + '234567',
                'alnum': BASE62, 'low': LOWER + DIGITS, 'num': DIGITS, 'ALNUM': UPPER + DIGITS, 'b58': B58, 'alpha': UPPER + LOWER, 'bech': 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L'}[kind]
    return rng.choice([c for c in alphabet if c.isalnum()]) + pick(rng, alphabet, n - 2) + rng.choice([c for c in alphabet if c.isalnum()])


def fill(rng, text, change=None):
    """The text with its secrets; change alters the last of them."""
    slots = list(SLOT.finditer(text))
    out, at = [], 0
    for i, m in enumerate(slots):
        s = secret(rng, m.group(1), m.group(2))
        if change and i == len(slots) - 1:
            s = change(s)
        out += [text[at:m.start()], s]
        at = m.end()
    return ''.join(out) + text[at:]


def flip(s):
    """One character changed to the next of its kind."""
    i = len(s) // 2
    while not s[i].isalnum() or s[i] in '9ZzHhOoIlkKN':
        i += 1
    return s[:i] + chr(ord(s[i]) + 1) + s[i + 1:]


CHANGES = {
    'flip': ('wrong check character', flip),
    'cut': ('secret cut', lambda s: s[5:] if not s.startswith(('gh', 'npm_')) else s[:-5]),
    'long': ('secret too long', lambda s: s[:3] + '7Kd9fQa' + s[3:]),
    'x': ('all x', lambda s: 'x' * len(s)),
    'var': ('variable', lambda s: '${SECRET}'),
}


def examples(rng, rows, wanted):
    """Texts with and without a secret from the rows of one type."""
    pos, neg = [], {}
    for k in range(wanted):
        with_one = [text for only, text in rows if only is not None]
        pos.append(fill(rng, with_one[k % len(with_one)]))
    rows, none = [r for r in rows if r[0] is not None], [text for only, text in rows if only is None]
    for text in none:
        neg.setdefault('near miss', []).append(fill(rng, text))
    for k in range(wanted):
        only, text = rows[k % len(rows)]
        for c in only:
            name, change = CHANGES[c]
            neg.setdefault(name, []).append(fill(rng, text, change))
    return pos, neg


def load(path):
    rows = {}
    for line in open(path, encoding='utf-8'):
        if line.startswith('#') or not line.strip():
            continue
        tid, text = line.rstrip('\n').split(' | ', 1)
        only = [c for c in CHANGES if c != 'flip']
        if text.startswith('no: '):
            only, text = None, text[4:]
        m = re.match(r'only ([a-z ]+): ', text)
        if m:
            only = [c for c in m.group(1).split() if c != 'none']
            text = text[m.end():]
        rows.setdefault(tid, []).append((only, text))
    return rows
