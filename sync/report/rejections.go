package report

import (
	"fmt"
	"strings"

	surveysync "acsync/sync"
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
		todos = append(todos, s.rejectionTodo(light.Level == LightAct))
	}
	if n := s.Recent.GaveUp; n > 0 {
		texts = append(texts, fmt.Sprintf("%s given up, never answered", Thousands(n)))
		todos = append(todos, remedies[surveysync.GaveUp])
	}
	if n := s.Recent.Broken; n > 0 {
		texts = append(texts, fmt.Sprintf("an expression failed on %s in the last pass, nothing was sent", Thousands(n)))
		todos = append(todos, "mend the expression, acsync rules test"+s.Here+" shows it; the next pass decides these anew, or the back-fill that the pass has named")
	}
	if len(texts) == 0 {
		texts = []string{"none in the last 24 h"}
	} else if light.Level == LightOK {
		light.Level = LightLook
	}
	if s.Recent.Killed {
		texts = append(texts, "those of a killed process are counted as far as it told")
	}
	light.Text, light.Todo = strings.Join(texts, "; "), strings.Join(todos, "; ")
	return light
}

// rejectionTodo says what helps: the remedy of the reason that most of them have, or else where those of all are.
func (s Status) rejectionTodo(urgent bool) string {
	words := "final; acsync report" + s.Here + " says what to do for each reason"
	if urgent {
		words = "mend what the reasons name before more are lost: acsync report" + s.Here + " says what to do"
	}
	if common := byFrequency(s.Recent.Reasons); len(common) > 0 && s.Recent.Reasons[common[0]]*2 > s.Recent.Rejected {
		most := "most"
		if s.Recent.Reasons[common[0]] == s.Recent.Rejected {
			most = "all"
		}
		words = fmt.Sprintf("%s for %s: %s; %s", most, printable(string(common[0])), remedy("rejected", common[0]), words)
	}
	return words
}
