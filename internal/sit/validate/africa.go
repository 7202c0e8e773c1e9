package validate

var africaTable = []entry{
	{"za-id", "South African identity number: birth date, citizenship digit 0 or 1, Luhn (Act 68 of 1997)", isSouthAfricanID},
}

func isSouthAfricanID(s string) bool {
	var b field
	d := digits(&b, s, " -", 13, 13)
	// The century is not written; 2000 was a leap year, 1900 was not.
	return d != nil && d[10] <= 1 && luhnSum(d, 10) == 0 &&
		validDate(2000+pair(d), pair(d[2:]), pair(d[4:]))
}
