"""Reads the two YAML shapes of these packs: lists of maps with flow values."""
import re

TOKEN = re.compile(r"""\s*(?:'((?:[^']|'')*)'|"((?:[^"\\]|\\.)*)"|([\[\]{},])|(: )|((?:[^,\[\]{}:]|:(?! ))+))""")


def flow(s):
    """One flow value."""
    pos = 0

    def peek():
        m = TOKEN.match(s, pos)
        return m

    def take():
        nonlocal pos
        m = TOKEN.match(s, pos)
        pos = m.end()
        if m.group(1) is not None:
            return ('str', m.group(1).replace("''", "'"))
        if m.group(2) is not None:
            return ('str', m.group(2))
        if m.group(3):
            return (m.group(3), None)
        if m.group(4):
            return (':', None)
        return ('str', m.group(5).strip())

    def value():
        kind, v = take()
        if kind == '[':
            out = []
            while True:
                if peek().group(3) == ']':
                    take()
                    return out
                out.append(value())
                if take()[0] == ']':
                    return out
        if kind == '{':
            out = {}
            while True:
                if peek().group(3) == '}':
                    take()
                    return out
                k = take()[1]
                take()
                out[k] = value()
                if take()[0] == '}':
                    return out
        return v

    return value()


def keywords(text):
    """id → words"""
    out = {}
    for block in text.split('\n  - id: ')[1:]:
        lid = block.split('\n', 1)[0].strip()
        words = block.split('words:', 1)[1].strip()
        out[lid] = flow(' '.join(words.split('\n')))
    return out


def sits(text):
    """list of {id, patterns: [{confidence, match, near}]}"""
    out = []
    for block in text.split('\n  - id: ')[1:]:
        t = {'id': block.split('\n', 1)[0].strip(), 'patterns': []}
        for p in block.split('\n      - confidence: ')[1:]:
            q = {'confidence': int(p.split('\n', 1)[0].split('#', 1)[0]), 'near': None}
            for line in p.split('\n'):
                for key in ('match', 'near'):
                    if line.startswith('        ' + key + ': '):
                        q[key] = flow(line.split(': ', 1)[1])
            t['patterns'].append(q)
        if '\n    members:\n' in block:
            t['members'] = flow(' '.join(block.split('\n    members:\n', 1)[1].split(']', 1)[0].split('\n')) + ']')
        out.append(t)
    return out
