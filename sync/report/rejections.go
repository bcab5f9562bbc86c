package report

import (
	"fmt"
	"strings"

	"acsync/sync/decide"
)

// rejectionLight looks at one day: what was rejected earlier is final, and has been seen. What was given up, and what an expression
// failed on, Agent Connect has never answered: they stand beside its answers, and are not among them.
func (s Status) rejectionLight() Light {
	light := Light{Name: "rejections", Level: LightOK}
	var texts, todos []string
	if rejected, answered := s.Recent.Rejected, s.Recent.Rejected+s.Recent.Accepted; rejected > 0 {
		texts = append(texts, fmt.Sprintf("%s of %s answers in the last 24 h, %s", Thousands(rejected), Thousands(answered), percent(ratio(rejected, answered))))
		light.Level = LightLook
		if s.MaxErrorRate > 0 && answered >= fewAnswers && ratio(rejected, answered) > s.MaxErrorRate {
			light.Level = LightAct
		}
		todos = s.commonRemedy()
	}
	if n := s.Recent.GaveUp; n > 0 {
		texts = append(texts, fmt.Sprintf("%s given up, never answered", Thousands(n)))
		todos = append(todos, remedies[decide.GaveUp])
	}
	if n := s.Recent.Broken; n > 0 {
		texts = append(texts, fmt.Sprintf("an expression failed on %s in the last pass, nothing was sent", Thousands(n)))
		todos = append(todos, advise(doMendNamed, s.Here))
	}
	if len(texts) == 0 {
		texts = []string{"none in the last 24 h"}
	} else if light.Level == LightOK {
		light.Level = LightLook
	}
	if s.Recent.Killed {
		texts = append(texts, "those of a killed process are counted as far as it told")
	}
	light.Text, light.Todo = strings.Join(texts, "; "), s.rejectionTodo(todos, light.Level == LightAct)
	return light
}

// commonRemedy is what helps against the reason that most rejections have; none where none is that common.
func (s Status) commonRemedy() []string {
	common := byFrequency(s.Recent.Reasons)
	if len(common) == 0 || s.Recent.Reasons[common[0]]*2 <= s.Recent.Rejected {
		return nil
	}
	most := "most"
	if s.Recent.Reasons[common[0]] == s.Recent.Rejected {
		most = "all"
	}
	return []string{fmt.Sprintf("%s for %s: %s", most, printable(string(common[0])), remedy("rejected", common[0]))}
}

// rejectionTodo says what helps in at most two sentences. Where there is more to do, the second says what names it.
func (s Status) rejectionTodo(remedies []string, urgent bool) string {
	where := advise(finalReasons, s.Here)
	if urgent {
		where = advise(doMendReasons, s.Here)
	}
	switch {
	case len(remedies) == 0 && s.Recent.Rejected == 0:
		return ""
	case len(remedies) == 0:
		return where
	case s.Recent.Rejected == 0 && len(remedies) == 1:
		return remedies[0]
	case s.Recent.Rejected == 0:
		return remedies[0] + ". " + sentence(remedies[1])
	case urgent:
		return remedies[0] + ". " + sentence(where)
	}
	return remedies[0] + ". What was rejected is " + where + "."
}
