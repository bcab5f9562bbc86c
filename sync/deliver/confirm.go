package deliver

// AtMost is what a pass may send by its limits; 0 = any number.
func (l Limits) AtMost() int {
	if l.Max > 0 && l.Requests > 0 {
		return min(l.Max, l.Requests)
	}
	return max(l.Max, l.Requests)
}
