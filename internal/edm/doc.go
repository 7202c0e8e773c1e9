// Package edm is exact data match: it turns a table of sensitive values into
// an immutable file of keyed hashes (Build), looks values up in it (Store),
// and finds which columns of a row stand near a value in a text (Search).
//
// # What is kept
//
// Nothing of the table can be read from the file, and nothing can be guessed
// by trying all values, without the key, which stands in a file of its own:
//
//   - a searchable value is kept as 40 bits and a bucket number of
//     HMAC-SHA-256 (FIPS 198-1) under a key derived from the store's key;
//   - any other value is kept as a tag of 24 bits that also depends on the
//     first searchable value of its row, so equal values in different rows
//     do not look equal;
//   - rows are kept in the order of their hashes, so nothing of the order of
//     the table survives;
//   - names of columns, the source and when it was built are sealed
//     (AES-256-GCM).
//
// # What is compared
//
// Values are compared after the normaliser of their column (Type). Words are
// runs of letters and digits after NFKC and case folding; scripts without
// spaces between words (Han, kana, hangul, Thai, Lao, Khmer, Burmese) are
// compared character by character. A run of up to 16 words or 64 such
// characters is one value.
//
// The package finds nothing in mail by itself: package detect finds the
// searchable value with a sensitive information type and asks Search for the
// rest of its row.
package edm
