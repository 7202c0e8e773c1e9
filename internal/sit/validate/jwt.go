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
	if len(s) > maxJWT {
		return false
	}
	jose, signature, ok := readJWT(s)
	if !ok {
		return false
	}
	if jose.Enc != "" {
		return strings.Count(signature, ".") == 2 && isBase64URL(strings.ReplaceAll(signature, ".", ""))
	}
	return isBase64URL(signature) && (signature != "" || jose.Alg == "none")
}

// noJWT tells that neither text nor any beginning of it is a token: what stands
// before the signature, or the parts that stand in its place, cannot be.
func noJWT(s string) bool {
	jose, signature, ok := readJWT(s)
	return !ok || jose.Enc != "" && strings.Count(signature, ".") < 2
}

type joseHeader struct {
	Alg string `json:"alg"`
	Enc string `json:"enc"`
}

// readJWT reads header and claims, or the encrypted key in their place.
func readJWT(s string) (jose joseHeader, signature string, ok bool) {
	if len(s) < 16 || s[0] != 'e' {
		return jose, "", false
	}
	header, rest, ok := strings.Cut(s, ".")
	if !ok || len(header) > maxJOSE {
		return jose, "", false
	}
	claims, signature, ok := strings.Cut(rest, ".")
	if !ok || claims == "" || len(claims) > maxJWT || !decodeObject(header, &jose) || jose.Alg == "" {
		return jose, "", false
	}
	if jose.Enc != "" {
		return jose, signature, isBase64URL(claims)
	}
	var any map[string]json.RawMessage
	return jose, signature, decodeObject(claims, &any)
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
