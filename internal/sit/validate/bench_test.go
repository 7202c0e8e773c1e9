package validate

import "testing"

// benchmarked are valid specimens, which take the longest way.
var benchmarked = []struct{ name, value string }{
	{"luhn", "4111 1111 1111 1111"},
	{"payment-card", "4111 1111 1111 1111"},
	{"au-tfn", "123 456 782"},
	{"au-abn", "51 824 753 556"},
	{"au-medicare", "2123 45670 1"},
	{"verhoeff", "234123412346"},
	{"iban", "GB82 WEST 1234 5698 7654 32"},
	{"us-ssn", "536-22-8726"},
	{"pl-pesel", "44051401359"},
	{"it-cf", "RCCMNL83S18D969H"},
	{"nz-bank-account", "01-0902-0068389-00"},
	{"bic", "CTBAAU2S"},
	{"uuid", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"},
	{"date-dmy", "2 December 2016"},
	{"eth", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"},
}

func BenchmarkValidators(b *testing.B) {
	for _, tt := range benchmarked {
		b.Run(tt.name, func(b *testing.B) {
			f, _ := Lookup(tt.name)
			b.ReportAllocs()
			for b.Loop() {
				if !f(tt.value) {
					b.Fatal("not valid")
				}
			}
		})
	}
}

// TestAllocations: the validators of numbers allocate nothing, whether they
// accept or not.
func TestAllocations(t *testing.T) {
	allowed := map[string]bool{"jwt": true, "ipv4": true, "ipv6": true}
	inputs := []string{"123 456 782", "GB82 WEST 1234 5698 7654 32", "01-0902-0068389-00", "X1234567L", "4111 1111 1111 1111", "not a number",
		"850101-1234", "CHE-107.787.577", "RCCMNL83S18D969H", "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "2 December 2016"}
	for _, tt := range benchmarked {
		inputs = append(inputs, tt.value)
	}
	for _, name := range Names() {
		if allowed[name] {
			continue
		}
		f, _ := Lookup(name)
		if n := testing.AllocsPerRun(5, func() {
			for _, s := range inputs {
				f(s)
			}
		}); n > 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}
