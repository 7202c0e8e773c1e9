"""Texts from the rows of texts.txt."""
import fnmatch
import re

CHOICE = re.compile(r'<([^<>]*\|[^<>]*|[^<>|]{1,60})>')


class Text(str):
    """A text with the confidence its evidence asks for, None if that is left open."""
    confidence = None


def load(path):
    rows = []
    for line in open(path, encoding='utf-8'):
        if not line.startswith('#') and line.strip():
            tid, text = line.rstrip('\n').split(' | ', 1)
            sign, text = text.split(' ', 1)
            rows.append((tid, sign[0], text, int(sign[1:] or 0) or None))
    return rows


def fill(rng, text, k):
    """The k-th form of a text: every choice turns at its own pace."""
    n = 0

    def choose(m):
        nonlocal n
        options = m.group(1).split('|')
        n += 1
        return options[(k + n * (k // len(options))) % len(options)]
    text = CHOICE.sub(choose, text)
    return re.sub('#', lambda m: rng.choice('123456789'), text)


def examples(rng, tid, rows, words, wanted):
    """Positives and near misses of a type, None if no row is about it."""
    mine = [r for r in rows if fnmatch.fnmatchcase(tid, r[0])]
    rows, minus = [r for r in mine if r[1] == '+'], [r[2] for r in mine if r[1] == '-']
    plus = [r[2] for r in rows]
    if not plus:
        return None
    if plus[0].startswith('dictionary '):
        frame = plus[0][len('dictionary '):]
        picks = rng.sample(words, min(wanted, len(words)))
        pos = [fill(rng, frame, 0).replace('{w}', w if k % 3 else w.upper()) for k, w in enumerate(picks)]
        neg = [('inside a word', fill(rng, frame, 0).replace('{w}', 'x' + w + 'q')) for w in picks[:wanted // 2]]
        neg += [('misspelt', fill(rng, frame, 0).replace('{w}', ' '.join(x[:2] + 'xq' + x[2:] for x in w.split()))) for w in picks[:wanted // 2]]
        return pos, neg
    pos = []
    for k in range(wanted):
        pos.append(Text(fill(rng, plus[k % len(plus)], k // len(plus))))
        pos[-1].confidence = rows[k % len(plus)][3]
    neg = [('near miss', fill(rng, t, k)) for k in range(3) for t in minus]
    return pos, neg
