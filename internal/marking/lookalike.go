package marking

import "unicode/utf8"

// Characters that look like those of the grammar. A marking written with them
// conforms to nothing, but a reader sees a marking: it is read as what it
// looks like, and reported.

// folded is a text with look-alikes brought to ASCII.
type folded struct {
	text string
	// offs gives for each octet of text, and for its end, the octet of the
	// original it comes from.
	offs []int
	// letters reports that a letter, digit or bracket was a look-alike, not
	// only a blank or a dash.
	letters bool
}

// plainASCII tells whether s holds only printable ASCII, blanks and line ends.
func plainASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= 0x7f || c < ' ' && !isBlank(c) {
			return false
		}
	}
	return true
}

func foldText(s string) folded {
	out := make([]byte, 0, len(s))
	offs := make([]int, 0, len(s)+1)
	letters := false
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= ' ' && c != 0x7f || isBlank(c) {
				out = append(out, c)
				offs = append(offs, i)
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		b, known := foldRune(r)
		switch {
		case !known:
			for j := 0; j < n; j++ {
				out = append(out, s[i+j])
				offs = append(offs, i+j)
			}
		case b != 0:
			out = append(out, b)
			offs = append(offs, i)
			letters = letters || b != ' ' && b != '-'
		}
		i += n
	}
	return folded{text: string(out), offs: append(offs, len(s)), letters: letters}
}

func mapOffset(offs []int, i int) int {
	if i < 0 || i >= len(offs) {
		return 0
	}
	return offs[i]
}

// foldRune gives the ASCII octet r looks like; 0 for what shows as nothing.
func foldRune(r rune) (b byte, known bool) {
	switch {
	case r >= 0xFF01 && r <= 0xFF5E: // full-width forms
		return byte(r - 0xFEE0), true
	case r >= 0x1D400 && r <= 0x1D6A3: // mathematical alphabets
		if i := byte((r - 0x1D400) % 52); i < 26 {
			return 'A' + i, true
		} else {
			return 'a' + i - 26, true
		}
	case r >= 0x24B6 && r <= 0x24CF: // circled letters
		return 'A' + byte(r-0x24B6), true
	case r >= 0x1F130 && r <= 0x1F149: // squared letters
		return 'A' + byte(r-0x1F130), true
	case r >= 0x2000 && r <= 0x200A, r == 0xA0, r == 0x1680, r == 0x202F, r == 0x205F, r == 0x3000,
		r == 0x2028, r == 0x2029, r == 0x85:
		return ' ', true
	case r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2060 && r <= 0x2064,
		r >= 0x2066 && r <= 0x206F, r >= 0xFE00 && r <= 0xFE0F, r >= 0x80 && r <= 0x9F,
		r >= 0xE0000 && r <= 0xE007F,
		r == 0xAD, r == 0xFEFF, r == 0x180E, r == 0x034F, r == 0x061C:
		return 0, true
	case r >= 0x2010 && r <= 0x2015, r == 0x2212, r == 0xFE58, r == 0xFE63, r == 0x2043:
		return '-', true
	}
	return foldSign(r)
}

func foldSign(r rune) (byte, bool) {
	switch r {
	case '【', '〔', '〖', '〘', '〚', '⟦', '⁅', '❲', '⦋', '⦍', '⦏', '﹇', '﹝', '「', '『', '⌈', '⌊', '⎡', '❴', '❨', '⟨', '〈', '《', '❮', '‹', '｢':
		return '[', true
	case '】', '〕', '〗', '〙', '〛', '⟧', '⁆', '❳', '⦌', '⦎', '⦐', '﹈', '﹞', '」', '』', '⌉', '⌋', '⎤', '❵', '❩', '⟩', '〉', '》', '❯', '›', '｣':
		return ']', true
	case '﹦', '꞊', '═', '゠', '꓿', '⹀', '⁼', '₌':
		return '=', true
	case '꞉', '∶', '﹕', 'ː', '։', '׃', '˸', '︓':
		return ':', true
	case '‚', '﹐', '،', '、', '､', '︐':
		return ',', true
	case '∕', '⁄', '⧸':
		return '/', true
	}
	return foldLetter(r)
}

func foldLetter(r rune) (byte, bool) {
	switch r {
	case 'А', 'Α', 'Ꭺ':
		return 'A', true
	case 'В', 'Β', 'Ᏼ':
		return 'B', true
	case 'С', 'Ϲ', 'Ⅽ', 'Ꮯ':
		return 'C', true
	case 'Ⅾ', 'Ꭰ':
		return 'D', true
	case 'Е', 'Ε', 'Ꭼ':
		return 'E', true
	case 'Н', 'Η':
		return 'H', true
	case 'І', 'Ι', 'Ӏ', 'Ⅰ', 'Ꮖ':
		return 'I', true
	case 'К', 'Κ':
		return 'K', true
	case 'Ⅼ', 'Ꮮ':
		return 'L', true
	case 'М', 'Μ', 'Ⅿ', 'Ꮇ':
		return 'M', true
	case 'Ν':
		return 'N', true
	case 'О', 'Ο', 'Օ':
		return 'O', true
	case 'Р', 'Ρ', 'Ꮲ':
		return 'P', true
	case 'Ѕ', 'Տ', 'Ꮪ':
		return 'S', true
	case 'Т', 'Τ', 'Ꭲ':
		return 'T', true
	case 'Ѵ', 'Ⅴ', 'Ꮩ':
		return 'V', true
	case 'Х', 'Χ', 'Ⅹ':
		return 'X', true
	case 'У', 'Υ', 'Ү':
		return 'Y', true
	case 'а':
		return 'a', true
	case 'с', 'ϲ', 'ⅽ':
		return 'c', true
	case 'е', 'ҽ':
		return 'e', true
	case 'і', 'ⅰ', 'ı':
		return 'i', true
	case 'ⅼ':
		return 'l', true
	case 'о', 'ο', 'օ':
		return 'o', true
	case 'р', 'ρ':
		return 'p', true
	case 'ѕ':
		return 's', true
	case 'ν', 'ѵ', 'ⅴ':
		return 'v', true
	case 'у', 'γ':
		return 'y', true
	}
	return 0, false
}
