package condition

import "github.com/shallot-http/shallot/middleware/directive"

// Read returns the Set that the lines of a block called if and if_op describe, and
// the other lines. It is for blocks that are asked for their properties without
// names, or with these two as "if..." and "if_op".
//
// It warns of placeholders that are not known.
func Read(block []*directive.Line) (s Set, rest []*directive.Line) {
	var op *directive.Line
	for _, prop := range block {
		switch prop.Name() {
		case "if":
			args := prop.Args(3, 3, "what to compare, such as {method},", `an operator such as "is"`, "what to compare with")
			if args[2].Pos == prop.Words[0].Pos {
				continue // something is missing, and said to be
			}
			s.add(prop, args)
		case "if_op":
			if op != nil {
				prop.Errorf(prop.Words[0], "already given at %v", op.Words[0].Pos)
			}
			op = prop
			s.Any = prop.OneOf(prop.Arg(), "operator", "and", "or") == "or"
		default:
			rest = append(rest, prop)
		}
	}
	if op != nil && len(s.Conditions) == 0 {
		op.Errorf(op.Words[0], "there is no if")
	}
	return s, rest
}

func (s *Set) add(prop *directive.Line, args []directive.Word) {
	condition, err := Parse(args[0].Text, args[1].Text, args[2].Text)
	if err != nil {
		at := args[2] // the pattern
		if op := args[1].Text; op != "match" && op != "not_match" {
			at = args[1]
		}
		prop.Errorf(at, "%w", err)
	}
	s.Conditions = append(s.Conditions, condition)
	doubts := condition.a.Lint(directive.Suggest)
	if condition.b != nil {
		doubts = append(doubts, condition.b.Lint(directive.Suggest)...)
	}
	for _, doubt := range doubts {
		prop.Warnf(args[0], "%s", doubt)
	}
}
