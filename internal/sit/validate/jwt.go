package validate

import (
	"encoding/base64"
	"encoding/json"
	"strings"
)

// maxJWT bounds a token, maxJOSE its decoded header, in bytes. Headers hold a
// few short members (RFC 7515 clause 4); x5c chains may make them long.
const (
	maxJWT  = 16 << 10
	maxJOSE = 8 << 10
)

// isJWT decodes header and claims; the signature is not verified. Encrypted
// tokens (five parts, RFC 7516) have no readable claims.
func isJWT(s string) bool {
	if len(s) < 16 || len(s) > maxJWT || s[0] != 'e' {
		return false
	}
	header, rest, ok := strings.Cut(s, ".")
	if !ok || len(header) > maxJOSE {
		return false
	}
	claims, signature, ok := strings.Cut(rest, ".")
	if !ok || claims == "" {
		return false
	}
	var jose struct {
		Alg string `json:"alg"`
		Enc string `json:"enc"`
	}
	if !decodeObject(header, &jose) || jose.Alg == "" {
		return false
	}
	if jose.Enc != "" {
		return strings.Count(signature, ".") == 2 && isBase64URL(claims) && isBase64URL(strings.ReplaceAll(signature, ".", ""))
	}
	var any map[string]json.RawMessage
	return isBase64URL(signature) && (signature != "" || jose.Alg == "none") && decodeObject(claims, &any)
}

func decodeObject(part string, into any) bool {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && len(raw) > 1 && raw[0] == '{' && json.Unmarshal(raw, into) == nil
}

func isBase64URL(s string) bool {
	for i := 0; i < len(s); i++ {
		if base64Value(s[i]) < 0 || s[i] == '+' || s[i] == '/' {
			return false
		}
	}
	return true
}
