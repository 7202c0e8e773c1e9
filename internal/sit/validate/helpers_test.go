package validate

import (
	"fmt"
	"hash/crc32"
	"os"
	"strconv"
	"testing"
)

// The helpers below finish specimens by another road than the validators:
// they work on strings and try or compute the check character.

func luhned(body string) string {
	sum := 0
	for i := range body {
		v, _ := strconv.Atoi(string(body[len(body)-1-i]))
		if i%2 == 0 {
			v = []int{0, 2, 4, 6, 8, 1, 3, 5, 7, 9}[v]
		}
		sum += v
	}
	return body + strconv.Itoa((10-sum%10)%10)
}

func crn(body string) string {
	sum := 0
	for i, c := range body {
		sum += int(c-'0') << (9 - i)
	}
	return body + map[int]string{0: "X", 1: "V", 2: "T", 3: "S", 4: "L", 5: "K", 6: "J", 7: "H", 8: "C", 9: "B", 10: "A"}[sum%11]
}

func chi(body string) string {
	sum := 0
	for i, c := range body {
		sum += int(c-'0') * (10 - i)
	}
	return body + strconv.Itoa((11-sum%11)%11)
}

func luxCompany(body string) string {
	sum := 0
	for i, w := range []int{5, 4, 3, 2, 7, 6, 5, 4, 3, 2} {
		sum += int(body[i]-'0') * w
	}
	return body + strconv.Itoa((11-sum%11)%11)
}

func hungarianID(body string) string {
	up, down := 0, 0
	for i, c := range body {
		up += (i + 1) * int(c-'0')
		down += (10 - i) * int(c-'0')
	}
	if body[0] >= '3' {
		up = down
	}
	return body + strconv.Itoa(up%11)
}

func spanishSSN(province, n string) string {
	v, _ := strconv.Atoi(province + n)
	return fmt.Sprintf("%s/%s/%02d", province, n, v%97)
}

func crcd(prefix, body string) string {
	n := crc32.ChecksumIEEE([]byte(body))
	tail := make([]byte, 6)
	for i := range tail {
		tail[5-i] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[n%62]
		n /= 62
	}
	return prefix + body + string(tail)
}

// tested is the text of the tables that name the validators under test.
func tested(t *testing.T) string {
	t.Helper()
	var all []byte
	for _, name := range []string{"specimen_test.go", "testdata/gen_vectors.py"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	return string(all)
}
