//go:build !race

package marking

// propertyCases is how many mutations the property test tries.
const propertyCases = 1_000_000
