package validate

import (
	"encoding/binary"
	"math/bits"
)

// Keccak-256 as submitted to the SHA-3 competition, which Ethereum uses: FIPS
// 202's SHA3-256 with the padding byte 01 in place of 06.
const (
	keccakRate   = 136 // bytes a block, 1600 - 2*256 bits
	keccakRounds = 24
	padKeccak    = 0x01
	padSHA3      = 0x06
)

func keccak256(p []byte) [32]byte { return sponge256(p, padKeccak) }

// sponge256 absorbs p with the given padding and squeezes 32 bytes.
func sponge256(p []byte, pad byte) [32]byte {
	var a [25]uint64
	var block [keccakRate]byte
	for len(p) >= keccakRate {
		absorb(&a, p[:keccakRate])
		p = p[keccakRate:]
	}
	n := copy(block[:], p)
	block[n] = pad
	block[keccakRate-1] |= 0x80
	absorb(&a, block[:])
	var out [32]byte
	for i := range 4 {
		binary.LittleEndian.PutUint64(out[8*i:], a[i])
	}
	return out
}

func absorb(a *[25]uint64, block []byte) {
	for i := range keccakRate / 8 {
		a[i] ^= binary.LittleEndian.Uint64(block[8*i:])
	}
	permute(a)
}

// permute is Keccak-f[1600] (FIPS 202 clause 3.2); lane (x, y) is a[x+5y].
func permute(a *[25]uint64) {
	lfsr := byte(1)
	for range keccakRounds {
		// theta
		var c [5]uint64
		for x := range 5 {
			c[x] = a[x] ^ a[x+5] ^ a[x+10] ^ a[x+15] ^ a[x+20]
		}
		for x := range 5 {
			d := c[(x+4)%5] ^ bits.RotateLeft64(c[(x+1)%5], 1)
			for y := 0; y < 25; y += 5 {
				a[x+y] ^= d
			}
		}
		// rho and pi: walk the lanes from (1, 0)
		x, y, lane := 1, 0, a[1]
		for t := range 24 {
			x, y = y, (2*x+3*y)%5
			at := x + 5*y
			lane, a[at] = a[at], bits.RotateLeft64(lane, (t+1)*(t+2)/2)
		}
		// chi
		for y := 0; y < 25; y += 5 {
			row := [5]uint64(a[y : y+5])
			for x := range 5 {
				a[x+y] = row[x] ^ (^row[(x+1)%5] & row[(x+2)%5])
			}
		}
		// iota: the constant's bits at 2^j-1 come from an LFSR
		for j := range 7 {
			if lfsr&1 == 1 {
				a[0] ^= 1 << (1<<j - 1)
			}
			carry := lfsr >> 7
			lfsr <<= 1
			if carry == 1 {
				lfsr ^= 0x71
			}
		}
	}
}
