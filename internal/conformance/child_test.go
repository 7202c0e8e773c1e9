package conformance

const childEnv = "X"

func childMain(string) int { return 1 }
