//go:build race

package conformance

// raceDetector is on: memory figures mean nothing.
const raceDetector = true
