//go:build race

package marking

// propertyCases is smaller under the race detector, which is ten times slower.
const propertyCases = 50_000
