package validate

var latinTable = []entry{
	{"ar-cuit", "Argentine CUIT/CUIL: type prefix and weighted mod 11 (ARCA)", isCUIT},
	{"ar-dni", "Argentine DNI: 7 or 8 digits (format only)", isArgentineDNI},
	{"br-cpf", "Brazilian CPF: two check digits mod 11 (Receita Federal)", isCPF},
	{"br-cnpj", "Brazilian CNPJ, numeric or alphanumeric: two check digits mod 11 (IN RFB 2229/2024)", isCNPJ},
	{"br-rg-sp", "Brazilian RG of São Paulo: 8 digits and a check character mod 11; other states differ", isRG},
	{"cl-rut", "Chilean RUT/RUN: weights 2-7 mod 11, check character 0-9 or K", isRUT},
	{"co-nit", "Colombian NIT: prime weights mod 11 (DIAN, Orden Administrativa 4/1989)", isNIT},
	{"ec-ci", "Ecuadorian cédula: province, third digit below 7, mod 10", isCedula},
	{"mx-curp", "Mexican CURP: shape, date, state, check digit (RENAPO)", isCURP},
}

func isCUIT(s string) bool {
	var b field
	d := digits(&b, s, " -", 11, 11)
	if d == nil {
		return false
	}
	switch pair(d) {
	case 20, 23, 24, 27, 30, 33, 34, 50, 51, 55:
	default:
		return false
	}
	r := 11 - weigh(d, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11
	return "012345678990"[r]-'0' == d[10]
}

func isArgentineDNI(s string) bool {
	var b field
	return digits(&b, s, " .", 7, 8) != nil
}

// complement11 is (11 - sum) mod 11 with 10 written as 0.
func complement11(sum int) int { return (11 - sum%11) % 11 % 10 }

func isCPF(s string) bool {
	var b field
	d := digits(&b, s, groupMarks, 11, 11)
	return d != nil && !allZero(d) &&
		complement11(descending(d[:9], 10)) == int(d[9]) &&
		complement11(descending(d[:10], 11)) == int(d[10])
}

// isCNPJ: since July 2026 the first twelve characters may be letters, counted
// as their ASCII code less 48.
func isCNPJ(s string) bool {
	var b field
	c := chars(&b, s, groupMarks+"/", 14, 14)
	if c == nil || !allDigits(c[12:]) {
		return false
	}
	for i := range c {
		c[i] -= '0'
	}
	return !allZero(c[:12]) &&
		complement11(weigh(c[:12], 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)) == int(c[12]) &&
		complement11(weigh(c[:13], 6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)) == int(c[13])
}

func isRG(s string) bool {
	var b field
	c := chars(&b, s, groupMarks, 9, 9)
	if c == nil || !allDigits(c[:8]) {
		return false
	}
	return "0X987654321"[weighChars(c[:8], 2, 3, 4, 5, 6, 7, 8, 9)%11] == c[8]
}

func isRUT(s string) bool {
	var b field
	c := afterPrefix(&b, s, groupMarks, "CL", 8, 9)
	if c == nil {
		return false
	}
	body, check := c[:len(c)-1], c[len(c)-1]
	if !values(body) {
		return false
	}
	sum := 0
	for i := range body {
		sum += int(body[len(body)-1-i]) * (2 + i%6)
	}
	return "0K987654321"[sum%11] == check
}

func isNIT(s string) bool {
	weights := [...]int{3, 7, 13, 17, 19, 23, 29, 37, 41, 43, 47, 53, 59, 67, 71}
	var b field
	d := digits(&b, s, groupMarks+",", 8, 16)
	if d == nil {
		return false
	}
	last := len(d) - 1
	sum := 0
	for i := range last {
		sum += int(d[last-1-i]) * weights[i]
	}
	return "01987654321"[sum%11]-'0' == d[last]
}

func isCedula(s string) bool {
	var b field
	d := digits(&b, s, " -", 10, 10)
	if d == nil || d[2] > 6 {
		return false
	}
	if p := pair(d); (p < 1 || p > 24) && p != 30 && p != 50 {
		return false
	}
	return luhnSum(d, 10) == 0
}

// curpWords are four-letter beginnings the registry never issues.
const curpWords = "BACABAKABUEIBUEYCACACACOCAGACAGOCAKACAKOCOGECOGICOJACOJECOJICOJOCOLACULO" +
	"FALOFETOGETAGUEIGUEYJETAJOTOKACAKACOKAGAKAGOKAKAKAKOKOGEKOGIKOJAKOJEKOJIKOJOKOLAKULO" +
	"LILOLOCALOCOLOKALOKOMAMEMAMOMEARMEASMEONMIARMIONMOCOMOKOMULAMULONACANACO" +
	"PEDAPEDOPENEPIPIPITOPOPOPUTAPUTOQULORATAROBAROBEROBORUINSENOTETA" +
	"VACAVAGAVAGOVAKAVUEIVUEYWUEIWUEY"

func isCURP(s string) bool {
	const states = "ASBCBSCCCHCLCMCSDFDGGRGTHGJCMCMNMSNENLNTOCPLQRQTSLSPSRTCTLTSVZYNZS"
	var b field
	c := chars(&b, s, " -_", 18, 18)
	if c == nil || !allUpper(c[:4]) || !allDigits(c[4:10]) || !allUpper(c[10:16]) || !isDigit(c[17]) {
		return false
	}
	if c[10] != 'H' && c[10] != 'M' || !hasPair(c[11:13], states) {
		return false
	}
	for i := 0; i < len(curpWords); i += 4 {
		if string(c[:4]) == curpWords[i:i+4] {
			return false
		}
	}
	year := 1900 + ascii(c[4:6])
	if !isDigit(c[16]) {
		year += 100
	}
	if !validDate(year, ascii(c[6:8]), ascii(c[8:10])) {
		return false
	}
	sum := 0
	for i, x := range c[:17] {
		v := value(x)
		if x >= 'O' { // Ñ stands between N and O
			v++
		}
		sum += v * (18 - i)
	}
	return (10-sum%10)%10 == int(c[17]-'0')
}
