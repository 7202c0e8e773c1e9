//go:build race

package worker

// memoryFactor: the race detector takes many times the memory of what it watches.
const memoryFactor = 32
