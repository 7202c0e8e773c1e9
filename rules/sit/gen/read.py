"""Reads what the examples need of a pack."""
import yaml


def load(text):
    # All scalars are strings: no, off and 007 are words.
    return yaml.load(text, Loader=yaml.BaseLoader)


def keywords(text):
    """id → words"""
    return {k['id']: k['words'] for k in load(text)['keywords']}


def sits(text):
    """list of {id, patterns: [{confidence, match, near}], members}"""
    out = []
    for t in load(text)['sits']:
        patterns = [{'near': None, **p, 'confidence': int(p['confidence'])} for p in t.get('patterns', [])]
        out.append({**t, 'patterns': patterns})
    return out
