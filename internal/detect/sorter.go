package detect

import "slices"

// sorter sorts lists that are made of a few sorted ones. Its memory is reused.
type sorter[T any] struct {
	spare []T
	ends  []int
}

// sort gives a list in order, equal ones as they were. It is the list itself
// or in the memory of the sorter, where it stays until the next is sorted.
func (s *sorter[T]) sort(list []T, compare func(a, b *T) int) []T {
	s.ends = s.ends[:0]
	for i := 1; i <= len(list); i++ {
		if i == len(list) || compare(&list[i-1], &list[i]) > 0 {
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
			merge(to[from:end], list[from:middle], list[middle:end], compare)
			from = end
			s.ends[n] = end
			n++
		}
		s.ends = s.ends[:n]
		list, to = to, list
	}
	return list
}

// merge puts two sorted lists into one.
func merge[T any](dst, a, b []T, compare func(a, b *T) int) {
	for len(a) > 0 && len(b) > 0 {
		if compare(&a[0], &b[0]) <= 0 {
			dst[0], a = a[0], a[1:]
		} else {
			dst[0], b = b[0], b[1:]
		}
		dst = dst[1:]
	}
	copy(dst[copy(dst, a):], b)
}
