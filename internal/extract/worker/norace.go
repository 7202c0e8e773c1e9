//go:build !race

package worker

// memoryFactor is how many times a worker's memory its limit is.
const memoryFactor = 1
