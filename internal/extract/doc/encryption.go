package doc

// decrypt tries the default password; see package offcrypto.
func (r *reader) decrypt(obfuscated, old bool) bool { return false }
