package detect

import "slices"

// ranked is the number of something with its place in an order.
type ranked struct {
	key uint64
	n   int32
}

// sorter sorts lists that are made of a few sorted ones. Its memory is reused.
type sorter struct {
	spare []ranked
	ends  []int
}

// sort gives a list in order of keys, those of one key as tie compares their
// numbers, equal ones as they were. It is the list itself or in the memory of
// the sorter, where it stays until the next is sorted.
func (s *sorter) sort(list []ranked, tie func(a, b int32) int) []ranked {
	s.ends = s.ends[:0]
	for i := 1; i <= len(list); i++ {
		if i == len(list) || !inOrder(&list[i-1], &list[i], tie) {
			s.ends = append(s.ends, i)
		}
	}
	if len(s.ends) < 2 {
		return list
	}
	s.spare = slices.Grow(s.spare[:0], len(list))[:len(list)]
	to := s.spare
	for len(s.ends) > 1 {
		from, n := 0, 0
		for k := 0; k < len(s.ends); k += 2 {
			middle, end := s.ends[k], s.ends[min(k+1, len(s.ends)-1)]
			merge(to[from:end], list[from:middle], list[middle:end], tie)
			from = end
			s.ends[n] = end
			n++
		}
		s.ends = s.ends[:n]
		list, to = to, list
	}
	return list
}

// inOrder reports whether a may stand before b.
func inOrder(a, b *ranked, tie func(a, b int32) int) bool {
	return a.key < b.key || a.key == b.key && tie(a.n, b.n) <= 0
}

// merge puts two sorted lists into one.
func merge(dst, a, b []ranked, tie func(a, b int32) int) {
	for len(a) > 0 && len(b) > 0 {
		if inOrder(&a[0], &b[0], tie) {
			dst[0], a = a[0], a[1:]
		} else {
			dst[0], b = b[0], b[1:]
		}
		dst = dst[1:]
	}
	copy(dst[copy(dst, a):], b)
}
