package validate

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestSpecimens uses numbers that the issuers, standards or test suites
// publish for validators python-stdnum has no module for, and near misses.
func TestSpecimens(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		pass, fails []string
	}{
		{"luhn", []string{"79927398713", "4111 1111 1111 1111"}, []string{"79927398710", "", "0", "4111x1111", strings.Repeat("0", 60)}},
		{"luhn-alnum", []string{"27AAPFU0939F1ZV"}, []string{"27AAPFU0939F1ZW"}},
		{"not-repeated", []string{"111-111-112", "AB"}, []string{"111-111-111", "7", ""}},
		{"not-sequential", []string{"123456780", "135"}, []string{"123456789", "987654321", "890123", "1"}},
		{"payment-card", []string{"4111 1111 1111 1111", "5555555555554444", "2223003122003222", "378282246310005", "30569309025904",
			"6011111111111117", "3530-1113-3330-0000", "6200000000000005", "6759649826438453", "2200000000000004"},
			[]string{"4111111111111112", "1234567812345670", "0000000000000000", "9999999999999995", "378282246310", "41111111111111113"}},
		{"card-visa", []string{"4222222222222", "4111111111111111"}, []string{"5555555555554444", "42222222222224"}},
		{"card-amex", []string{"371449635398431"}, []string{"361449635398432"}},
		{"card-mastercard", []string{"5555555555554444", "2223003122003222"}, []string{"4111111111111111", "2721000000000004"}},
		{"card-diners", []string{"30569309025904", "36700102000000"}, []string{"371449635398431"}},
		{"card-discover", []string{"6011111111111117", "6011000990139424"}, []string{"6200000000000005"}},
		{"card-jcb", []string{"3530111333300000", "3566002020360505"}, []string{"30569309025904"}},
		{"card-unionpay", []string{"6200000000000005", luhned("622126000000000000")}, []string{"6011111111111117"}},
		{"card-rupay", []string{luhned("508500000000000"), luhned("607400000000000")}, []string{"4111111111111111"}},
		{"card-maestro", []string{"6759649826438453", luhned("50180000000")}, []string{"4111111111111111", luhned("5018000000")}},
		{"card-mir", []string{"2200000000000004"}, []string{luhned("220500000000000")}},
		{"dk-cpr-mod11", []string{"211062-5629"}, []string{"211062-5628", "311162-5629"}},
		{"base64-24", []string{strings.Repeat("AbC/", 8)}, []string{strings.Repeat("AbC/", 7), strings.Repeat("Ab-/", 8)}},
		{"base64-32", []string{strings.Repeat("A", 43) + "=", strings.Repeat("_", 42) + "8"}, []string{strings.Repeat("A", 44), strings.Repeat("A", 42) + "B="}},
		{"base64-64", []string{strings.Repeat("A", 86) + "=="}, []string{strings.Repeat("A", 88), strings.Repeat("A", 87) + "="}},
		{"debit-card-eu", []string{"6759649826438453", "4111111111111111"}, []string{"4222222222222", "378282246310005"}},
		{"au-tfn", []string{"123 456 782", "37118629"}, []string{"123 456 789", "37118628", "1234567822"}},
		{"au-abn", []string{"51 824 753 556", "53-004-085-616"}, []string{"51 824 753 557", "10824753556"}},
		{"au-acn", []string{"004 085 616"}, []string{"004 085 617"}},
		{"au-medicare", []string{"2123 45670 1", "29506501411", "2950 65014 1/1"}, []string{"2123 45670 0", "2123 45671 1", "1123456701", "29506501710"}},
		{"au-medicare-provider", []string{"2426621B", "4024742F", "2426621b"}, []string{"2426621A", "4024742G", "402474IF"}},
		{"au-crn", []string{crn("204162838")}, []string{"204162838Z", "20416283A"}},
		{"au-dva", []string{"NX901574", "QSS12345", "VX123456A", "n123456", "NKM 9999"}, []string{"XX901574", "NX9015744", "N1234567", "NABCD123", "VX123456AB"}},
		{"au-ihi", []string{"8003 6080 0004 5922"}, []string{"8003 6080 0004 5923", "8003 6180 0004 5922"}},
		{"au-hpi-i", []string{luhned("800361983335765")}, []string{"8003608000045922"}},
		{"au-hpi-o", []string{luhned("800362083333333")}, []string{"8003608000045922"}},
		{"nz-nhi", []string{"ZAC5361", "ZBN77VL", "ALU18KZ"}, []string{"ZAC5362", "ZBN77VM", "ZIC5361", "ZAC536A"}},
		{"nz-bank-account", []string{"01-902-0068389-00", "08-6523-1954512-001", "26-2600-0320871-032", "01 0902 0068389 00"}, []string{"01-902-0068388-00", "01-1000-0068389-00", "05-902-0068389-00"}},
		{"us-ssn", []string{"536-22-8726", "536 22 8726", "899010001"}, []string{"666-22-8726", "000-22-8726", "536-00-8726", "536-22-0000", "078-05-1120", "900-22-8726", "53-622-8726", "536--22-8726"}},
		{"us-ssn-pre2011", []string{"536-22-8726"}, []string{"773-22-8726", "740-22-8726", "899-01-0001"}},
		{"us-dea", []string{"BJ6125341", "F91234563", "ab1234563"}, []string{"BJ6125342", "ZJ6125341", "B16125341"}},
		{"npi", []string{"1234567893", "1245319599"}, []string{"1234567890", "3234567896"}},
		{"us-mbi", []string{"1EG4-TE5-MK73", "1eg4te5mk72"}, []string{"0EG4TE5MK73", "1SG4TE5MK73", "1EG4TE5MK7"}},
		{"br-rg-sp", []string{"12.345.678-2", "03.021.415-4"}, []string{"12.345.678-3", "12.345.678-X"}},
		{"gb-chi", []string{chi("010199223")}, []string{"3102992230"}},
		{"gb-nino", []string{"AB 12 34 56 C", "AB123456"}, []string{"DA123456A", "AO123456C", "BG123456A", "AB123456E"}},
		{"gb-driving-licence", []string{"MORGA753116SM9IJ", "MORGA 657054 SM9IJ 35", "FO999 512315 JA9AB"}, []string{"MORGA799116SM9IJ", "MOR9A657054SM9IJ", "9ORGA657054SM9IJ"}},
		{"lu-matricule", []string{"1893120105732"}, []string{"1893120105731", "1893130105732"}},
		{"lu-company", []string{luxCompany("1998210021")}, []string{"19982100210"}},
		{"es-ssn", []string{spanishSSN("28", "12345678"), spanishSSN("08", "1234567")}, []string{"281234567899", "001234567812"}},
		{"es-dni-nie", []string{"12345678Z", "X1234567L"}, []string{"12345678A"}},
		{"de-id-card", []string{"T220001293", "L01X00T471", "T220001293D", "1220001297"}, []string{"T220001294", "A220001293", "T220001293X"}},
		{"de-passport", []string{"C01X00T478", "C01X00T478D"}, []string{"C01X00T479", "L01X00T471"}},
		{"de-driving-licence", []string{"B072RRE2I55"}, []string{"B072RRE2I45"}},
		{"hu-id", []string{hungarianID("1650308123"), hungarianID("3050308123")}, []string{"16513081238"}},
		{"hu-taj", []string{"111 111 110", "123-456-788"}, []string{"111111111", "000000000"}},
		{"hu-tin", []string{"8071592153"}, []string{"8071592154", "7071592153"}},
		{"pl-id-card", []string{"ABA300000", "aba 300000"}, []string{"ABA300001"}},
		{"pl-passport", []string{"ZS0000177", "EA8000000"}, []string{"ZS0000178"}},
		{"pl-tin", []string{"44051401359", "8567346215"}, []string{"44051401358"}},
		{"ru-snils", []string{"112-233-445 95", "087-654-303 00"}, []string{"112-233-445 96"}},
		{"hk-id", []string{"G123456(A)", "C123456(9)", "AB9876543"}, []string{"G123456(1)", "123456789", "G12345(A)"}},
		{"jp-my-number", []string{"1234 5678 9018"}, []string{"123456789012"}},
		{"kr-rrn-date", []string{"971013-9019902"}, []string{"971313-9019902"}},
		{"sg-nric", []string{"S1234567D", "T1234567J", "F1234567N", "G1234567X", "M1234567K", "s1234567d"}, []string{"S1234567A", "X1234567D"}},
		{"tw-id", []string{"A123456789", "F131104093"}, []string{"A123456788", "A823456783"}},
		{"tw-arc", []string{"A800000014"}, []string{"A123456789", "A800000015"}},
		{"se-samordningsnummer", []string{"701063-2391"}, []string{"701003-2391", "701063-2392"}},
		{"vin", []string{"1M8GDM9AXKP042788", "11111111111111111"}, []string{"1M8GDM9A1KP042788", "1M8GDM9AXKP04278O"}},
		{"icao-9303", []string{"D231458907", "AB2134<5", "5207273"}, []string{"D231458908", "X"}},
		{"ipv4", []string{"192.0.2.1", "255.255.255.255"}, []string{"256.1.1.1", "192.0.2", "192.0.2.01", "::1"}},
		{"ipv6", []string{"2001:db8::1", "::1", "fe80::1"}, []string{"::", "12:30", "2001:db8:::1", "fe80::1%eth0", "1:2:3:4:5:6:7:8:9"}},
		{"mrz-td3", []string{"L898902C36UTO7408122F1204159ZE184226B<<<<<10"}, []string{"L898902C36UTO7408122F1204159ZE184226B<<<<<11", "L898902C36UTO7408132F1204159ZE184226B<<<<<10"}},
		{"mrz-td2", []string{"D231458907UTO7408122F1204159<<<<<<<6"}, []string{"D231458907UTO7408122F1204159<<<<<<<7"}},
		{"mrz-td1", []string{"I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6"}, []string{"I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<7"}},
		{"btc", []string{"BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"},
			[]string{"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", "bc1gmk9yu"}},
		{"btc-wif", []string{"5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ", "KwdMAjGmerYanjeui5SHS7JkmpZvVipYvB2LJGU1ZxJwYvP98617"}, []string{"5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTK", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"}},
		{"base58check", []string{"xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8"}, []string{"1111", "O0Il", strings.Repeat("z", 112), strings.Repeat("1", 112)}},
		{"bech32", []string{"A12UEL5L", "a1lqfn3a", "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w"}, []string{"a12UEL5L", "1nwldj5", "A1G7SGD8", "split1cheo2y9e2w"}},
		{"eth", []string{"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359", "0xde709f2102306220921060314715629080e2fb77"}, []string{"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD", "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeg"}},
		{"github-token", []string{crcd("ghp_", strings.Repeat("aB3", 10)), "github_pat_" + strings.Repeat("a", 22) + "_" + strings.Repeat("B", 59)}, []string{"ghp_" + strings.Repeat("a", 36), "ghx_" + strings.Repeat("a", 36), "github_pat_" + strings.Repeat("a", 82)}},
		{"npm-token", []string{crcd("npm_", strings.Repeat("xY7", 10))}, []string{"npm_" + strings.Repeat("a", 36)}},
		{"uuid", []string{"f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "00000000-0000-4000-8000-000000000000", "00020906-0000-0000-C000-000000000046"}, []string{"00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "f81d4fae-7dec-01d0-a765-00a0c91e6bf6", "f81d4fae-7dec-11d0-7765-00a0c91e6bf6", "f81d4fae7dec11d0a76500a0c91e6bf6"}},
		{"base64-16", []string{"AAECAwQFBgcICQoLDA0ODw==", "AAECAwQFBgcICQoLDA0ODw"}, []string{"AAECAwQFBgcICQoLDA0ODx==", "AAECAwQFBgcICQoLDA0OD+_=", "AAECAwQFBgcICQoLDA0ODwAA"}},
		{"jwt", []string{"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"}, []string{"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.", "eyJ0eXAiOiJKV1QifQ.eyJzdWIiOiIxIn0.c2ln", "eyJhbGciOiJIUzI1NiJ9.bm90IGpzb24.c2ln", "e..", "eyJhbGciOiJIUzI1NiJ9!.eyJzdWIiOiIxIn0.c2ln"}},
		{"high-entropy", []string{"Zx8Qw3Lr9Tn5Vb2Kd7Mf"}, []string{"aaaaaaaaaaaaaaaaaaaa", "Zx8Qw3", ""}},
		{"not-placeholder", []string{"Zx8Qw3Lr9Tn5Vb2Kd7Mf", "hunter2!"}, []string{"", "<password>", "${PASSWORD}", "$(cat f)", "xxxxxxxx", "********", "ChangeMe", "your_password_here", "ababab"}},
		{"date", []string{"2016-12-02", "02/12/2016", "12/31/2016", "20161202"}, []string{"2016-13-32", "2016-12", "31/31/2016", "1/2/3/4", "x"}},
		{"date-mdy", []string{"December 2, 2016", "dec 02 2016", "12/2/2016", "12/02/16", "Dec-2-2016"}, []string{"30/12/2016", "Decembr 2, 2016"}},
		{"date-dmy", []string{"2 Dec 2016", "02/12/16", "2. Dez. 2016", "29 février 2024", "1 März 2020", "02DEC2016"}, []string{"29 fevrier 2023", "2/13/2016", "2 Dec 216", "2 Dec 1016"}},
		{"date-ymd", []string{"2016-02-29", "160229"}, []string{"2015-02-29", "1602291"}},
		{"date-ydm", []string{"2016-31-12"}, []string{"2016-12-31"}},
		{"date-expiry", []string{"01/11", "1/2027", "Jan-2010", "jan10", "january 2010"}, []string{"13/11", "00/25", "2027/01", "01/02/2027", "Jam-2010"}},
	}
	for _, tt := range tests {
		f, ok := Lookup(tt.name)
		if !ok {
			t.Errorf("no validator %s", tt.name)
			continue
		}
		for _, s := range tt.pass {
			if !f(s) {
				t.Errorf("%s(%q) = false, want true", tt.name, s)
			}
		}
		for _, s := range tt.fails {
			if f(s) {
				t.Errorf("%s(%q) = true, want false", tt.name, s)
			}
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	kebab := regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	names := Names()
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Error("names are not sorted or not unique")
	}
	for _, n := range names {
		if !kebab.MatchString(n) {
			t.Errorf("%q is not lower-case kebab", n)
		}
		if d := Doc(n); d == "" || len(d) > 160 || strings.ContainsAny(d, "\n\t") || strings.HasSuffix(d, ".") {
			t.Errorf("%s: doc %q is not one line without full stop", n, d)
		}
	}
	if _, ok := Lookup("mod12"); ok || Doc("mod12") != "" {
		t.Error("mod12 found")
	}
}

// TestRegistryOrder: the look-up of countries halves the table.
func TestRegistryOrder(t *testing.T) {
	t.Parallel()
	if !slices.IsSorted(bbanStructures[:]) {
		t.Error("IBAN structures are not in order")
	}
}

// TestTested keeps every validator in one of the two tables of tests.
func TestTested(t *testing.T) {
	t.Parallel()
	all := tested(t)
	for _, n := range Names() {
		if !strings.Contains(all, `"`+n+`"`) {
			t.Errorf("%s is in no test", n)
		}
	}
}
