#include "textflag.h"

// Constants of 32 equal bytes.
#define BYTES(name, b) \
	DATA name<>+0(SB)/8, $b; \
	DATA name<>+8(SB)/8, $b; \
	DATA name<>+16(SB)/8, $b; \
	DATA name<>+24(SB)/8, $b; \
	GLOBL name<>(SB), RODATA|NOPTR, $32

BYTES(lower, 0x2020202020202020)
BYTES(minusA, 0x9f9f9f9f9f9f9f9f) // -'a'
BYTES(letters, 0x1919191919191919)
BYTES(minus0, 0xd0d0d0d0d0d0d0d0) // -'0'
BYTES(digits, 0x0909090909090909)
BYTES(other, 0x8080808080808080) // fold.Letter
BYTES(above, 0x2121212121212121)
BYTES(feed, 0x0a0a0a0a0a0a0a0a)
BYTES(half, 0x0f0f0f0f0f0f0f0f)

// A bit for each high half of a character below 0x80.
DATA high<>+0(SB)/8, $0x8040201008040201
DATA high<>+8(SB)/8, $0
DATA high<>+16(SB)/8, $0x8040201008040201
DATA high<>+24(SB)/8, $0
GLOBL high<>(SB), RODATA|NOPTR, $32

// HALF makes of the 32 characters in Y0 the bits alnum, digits,
// solid, not sign, beyond 0x80, and line.
#define HALF(alnum, digit, solid, sign, beyond, line) \
	VPOR Y0, Y8, Y1; \
	VPADDB Y1, Y9, Y1; \
	VPMINUB Y1, Y10, Y2; \
	VPCMPEQB Y1, Y2, Y1; \
	VPADDB Y0, Y11, Y2; \
	VPMINUB Y2, Y12, Y3; \
	VPCMPEQB Y2, Y3, Y2; \
	VPCMPEQB Y0, Y13, Y3; \
	VPOR Y2, Y1, Y1; \
	VPOR Y3, Y1, Y1; \
	VPMOVMSKB Y1, alnum; \
	VPMOVMSKB Y2, digit; \
	VPMAXUB Y0, Y14, Y1; \
	VPCMPEQB Y0, Y1, Y1; \
	VPMOVMSKB Y1, solid; \
	VPSRLW $4, Y0, Y1; \
	VPAND Y1, Y15, Y1; \
	VPSHUFB Y1, Y6, Y1; \
	VPSHUFB Y0, Y7, Y2; \
	VPAND Y1, Y2, Y1; \
	VPCMPEQB Y1, Y5, Y1; \
	VPMOVMSKB Y1, sign; \
	VPMOVMSKB Y0, beyond; \
	VPCMPEQB Y0, Y4, Y1; \
	VPMOVMSKB Y1, line

// func makeAVX2(maps *Map, text *byte, n int, signs *Set)
TEXT ·makeAVX2(SB), NOSPLIT, $8-32
	MOVQ maps+0(FP), DI
	MOVQ text+8(FP), SI
	MOVQ n+16(FP), CX
	MOVQ signs+24(FP), AX
	VBROADCASTI128 (AX), Y7
	VMOVDQU high<>(SB), Y6
	MOVQ 16(AX), R15
	VPXOR Y5, Y5, Y5
	VMOVDQU feed<>(SB), Y4
	VMOVDQU lower<>(SB), Y8
	VMOVDQU minusA<>(SB), Y9
	VMOVDQU letters<>(SB), Y10
	VMOVDQU minus0<>(SB), Y11
	VMOVDQU digits<>(SB), Y12
	VMOVDQU other<>(SB), Y13
	VMOVDQU above<>(SB), Y14
	VMOVDQU half<>(SB), Y15
	MOVQ $0, carry-8(SP) // the last bit of the map before

block:
	VMOVDQU (SI), Y0
	HALF(AX, BX, R8, R9, R14, R10)
	MOVL R10, 40(DI)
	VMOVDQU 32(SI), Y0
	HALF(R10, R11, R12, R13, BP, DX)
	MOVL DX, 44(DI)
	SHLQ $32, R10
	ORQ R10, AX
	SHLQ $32, R11
	ORQ R11, BX
	SHLQ $32, R12
	ORQ R12, R8
	SHLQ $32, R13
	ORQ R13, R9
	NOTQ R9
	SHLQ $32, BP
	ORQ BP, R14
	ANDQ R15, R14
	ORQ R14, R9
	MOVQ carry-8(SP), DX
	LEAQ (DX)(AX*2), R10
	ANDNQ AX, R10, R10
	ANDNQ R9, AX, R9 // no letter or digit is a sign
	MOVQ AX, DX
	SHRQ $63, DX
	MOVQ DX, carry-8(SP)
	MOVQ AX, 0(DI)
	MOVQ R10, 8(DI)
	MOVQ BX, 16(DI)
	MOVQ R8, 24(DI)
	MOVQ R9, 32(DI)
	ADDQ $64, SI
	ADDQ $48, DI
	DECQ CX
	JNE block
	VZEROUPPER
	RET

DATA multiplier<>+0(SB)/8, $0xd6e8feb86659fd93
GLOBL multiplier<>(SB), RODATA|NOPTR, $8

// OWN is the place of Lengths.own.
#define OWN 256

// func findBMI2(l *list) (heads, words int)
TEXT ·findBMI2(SB), NOSPLIT, $32-24
	MOVQ l+0(FP), AX
	MOVQ 0(AX), SI // text
	MOVQ 8(AX), R9 // maps
	MOVQ 24(AX), R15
	MOVQ R15, left-8(SP)
	MOVQ 32(AX), R11 // place
	MOVQ 40(AX), R12 // bits
	MOVQ 48(AX), R13 // shift
	MOVQ 56(AX), R14 // lengths
	MOVQ 64(AX), R10 // heads
	MOVQ 72(AX), R8 // words
	XORL DI, DI // number of heads

block:
	MOVQ 8(R9), BX // begins that are left
	TESTQ BX, BX
	JEQ next
	MOVQ l+0(FP), AX
	MOVQ 16(AX), AX
	MOVQ (AX), AX
	MOVQ AX, near-24(SP)
	MOVQ 0(R9), AX
	MOVQ 48(R9), R15
	NOTQ R15
	TZCNTQ R15, R15 // how far the last word goes on
	MOVQ R15, on-16(SP)
	LEAQ (AX)(AX*1), CX
	ANDNQ CX, AX, CX // ends that are left
	ANDNQ AX, BX, AX
	BLSRQ CX, DX
	TESTQ $1, AX
	CMOVQNE DX, CX

word:
	TZCNTQ BX, AX // place within the bitmap
	BLSRQ BX, BX
	TZCNTQ CX, DX
	SUBQ AX, DX
	XORL R15, R15
	BLSRQ CX, CX
	CMOVQCS on-16(SP), R15
	ADDQ R15, DX // length
	SHRXQ AX, near-24(SP), R15
	ADDQ R11, AX // place
	MOVBLZX (R14)(DX*1), BP
	ORL BP, R15
	ANDL $1, R15
	MOVQ (SI)(AX*1), BP
	ORQ lower<>(SB), BP
	ANDQ OWN(R14)(DX*8), BP
	SHLQ $32, DX
	ORQ DX, AX
	MOVQ AX, (R8)
	MOVQ AX, (R10)(DI*8)
	LEAQ (R8)(R15*8), R8
	IMULQ multiplier<>(SB), BP
	SHRXQ R13, BP, BP
	MOVQ BP, AX
	SHRQ $6, AX
	MOVQ (R12)(AX*8), AX
	BTQ BP, AX
	ADCQ $0, DI
	TESTQ BX, BX
	JNE word

next:
	ADDQ $48, R9
	MOVQ l+0(FP), AX
	ADDQ $8, 16(AX)
	ADDQ $64, R11
	DECQ left-8(SP)
	JNE block
	SUBQ 72(AX), R8
	SHRQ $3, R8
	MOVQ R8, words+16(FP)
	MOVQ DI, heads+8(FP)
	RET

// Places of the fields of Tables.
#define RUN 24576
#define DIGIT 25088
#define SOLID 25608
#define MANY 26128
#define AFTER 26392
#define PAIRS 34584
#define KINDS 36632

// AHEAD makes of the words of a bitmap at two places the bits from AX on; it
// needs the complement of AX in BP, and R13.
#define AHEAD(first, second, out) \
	SHRXQ AX, first, out; \
	MOVQ second, R13; \
	ADDQ R13, R13; \
	SHLXQ BP, R13, R13; \
	ORQ R13, out

// LOOK leaves in R15 what a table has for the lowest byte of R11.
#define LOOK(table) \
	MOVBLZX R11, R13; \
	ANDQ table(R12)(R13*8), R15

// func siftBMI2(dst *Start, words *Word, n int, text *byte, maps *Map, near *uint64, t *Tables) int
TEXT ·siftBMI2(SB), NOSPLIT, $8-64
	MOVQ dst+0(FP), DI
	MOVQ words+8(FP), R8
	MOVQ n+16(FP), CX
	MOVQ text+24(FP), SI
	MOVQ maps+32(FP), R9
	MOVQ near+40(FP), R10
	MOVQ t+48(FP), R12
	MOVL $63, R14

word:
	MOVL 0(R8), AX // place
	MOVL 4(R8), DX // length
	MOVL AX, 0(DI)
	MOVL DX, 4(DI)
	MOVQ AX, BX
	SHRQ $8, BX
	MOVQ (R10)(BX*8), R15 // channels that are left
	CMPQ DX, R14
	CMOVQGT R14, DX
	ANDQ RUN(R12)(DX*8), R15
	MOVQ (SI)(AX*1), R11
	LOOK(0)
	SHRQ $48, R11
	LOOK(12288)
	SHRQ $8, R11
	ANDQ 14336(R12)(R11*8), R15
	MOVQ AX, BX
	SHRQ $6, BX
	LEAQ (BX)(BX*2), BX
	SHLQ $4, BX
	ADDQ R9, BX // bitmap
	MOVQ AX, BP
	NOTQ BP
	AHEAD(16(BX), 64(BX), R11)
	TZCNTQ R11, R11
	ANDQ DIGIT(R12)(R11*8), R15
	AHEAD(24(BX), 72(BX), R11)
	NOTQ R11
	TZCNTQ R11, R11
	ANDQ SOLID(R12)(R11*8), R15
	MOVQ R15, 8(DI)
	NEGQ R15
	SBBQ R13, R13
	ANDL $16, R13
	ADDQ R13, DI
	ADDQ $8, R8
	DECQ CX
	JNE word
	SUBQ dst+0(FP), DI
	SHRQ $4, DI
	MOVQ DI, ret+56(FP)
	RET

// func narrowBMI2(starts *Start, n int, text *byte, maps *Map, t *Tables) int
TEXT ·narrowBMI2(SB), NOSPLIT, $8-48
	MOVQ starts+0(FP), R8
	MOVQ R8, DI
	MOVQ n+8(FP), CX
	MOVQ text+16(FP), SI
	MOVQ maps+24(FP), R9
	MOVQ t+32(FP), R12

start:
	MOVL 0(R8), AX // place
	MOVL 4(R8), DX // length
	MOVQ 8(R8), R15 // channels that are left
	MOVL AX, 0(DI)
	MOVL DX, 4(DI)
	MOVQ (SI)(AX*1), R11
	SHRQ $8, R11
	LOOK(2048)
	SHRQ $8, R11
	LOOK(4096)
	SHRQ $8, R11
	LOOK(6144)
	SHRQ $8, R11
	LOOK(8192)
	SHRQ $8, R11
	LOOK(10240)
	MOVL 8(SI)(AX*1), R11
	LOOK(16384)
	SHRQ $8, R11
	LOOK(18432)
	SHRQ $8, R11
	LOOK(20480)
	SHRQ $8, R11
	ANDQ 22528(R12)(R11*8), R15
	MOVQ AX, BX
	SHRQ $6, BX
	LEAQ (BX)(BX*2), BX
	SHLQ $4, BX
	ADDQ R9, BX // bitmap
	MOVQ AX, BP
	NOTQ BP
	AHEAD(16(BX), 64(BX), R11)
	POPCNTL R11, R11
	ANDQ MANY(R12)(R11*8), R15
	CMPQ DX, $63
	JGE keep
	ADDQ AX, DX
	MOVL (SI)(DX*1), R11
	MOVBLZX R11, BX
	MOVBLZX KINDS(R12)(BX*1), BX
	SHLL $4, BX
	LOOK(AFTER)
	SHRQ $8, R11
	MOVBLZX R11, R13
	ANDQ AFTER+2048(R12)(R13*8), R15
	MOVBLZX KINDS(R12)(R13*1), R13
	ORL R13, BX
	ANDQ PAIRS(R12)(BX*8), R15
	SHRQ $8, R11
	LOOK(AFTER+4096)
	SHRQ $8, R11
	ANDQ AFTER+6144(R12)(R11*8), R15

keep:
	MOVQ R15, 8(DI)
	NEGQ R15
	SBBQ R13, R13
	ANDL $16, R13
	ADDQ R13, DI
	ADDQ $16, R8
	DECQ CX
	JNE start
	SUBQ starts+0(FP), DI
	SHRQ $4, DI
	MOVQ DI, ret+40(FP)
	RET
