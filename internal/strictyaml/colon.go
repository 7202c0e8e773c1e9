package strictyaml

import "github.com/goccy/go-yaml/token"

// joinColons undoes what the scanner does to plain text with a colon within
// braces: there it takes {a: [2001:db8::/32]} for {a: [{2001: "db8::/32"}]}. A
// colon ends a plain key only before white space or an indicator (YAML 1.2.2,
// 7.3.3).
func joinColons(tokens token.Tokens) token.Tokens {
	out := make(token.Tokens, 0, len(tokens))
	for i := 0; i < len(tokens); i++ {
		tk := tokens[i]
		if i+2 < len(tokens) && isPlain(tk) && tokens[i+1].Type == token.MappingValueType && isPlain(tokens[i+2]) &&
			adjoins(tk, tokens[i+1], len([]rune(tk.Value))) && adjoins(tokens[i+1], tokens[i+2], 1) {
			next := tokens[i+2]
			tk = token.New(tk.Value+":"+next.Value, tk.Origin+":"+next.Origin, tk.Position)
			i += 2
		}
		out.Add(tk)
	}
	return out
}

func adjoins(a, b *token.Token, width int) bool {
	return a.Position != nil && b.Position != nil && a.Position.Line == b.Position.Line &&
		a.Position.Column+width == b.Position.Column
}

func isPlain(tk *token.Token) bool {
	switch tk.Type {
	case token.StringType, token.NullType, token.BoolType, token.FloatType, token.InfinityType, token.NanType,
		token.IntegerType, token.BinaryIntegerType, token.OctetIntegerType, token.HexIntegerType:
		return true
	}
	return false
}
