// Judges histories with Porcupine, the published module, for bench/linearizability.ts.
//
// Input (standard input), one history after the other:
//
//	history NAME register|kv INITIAL
//	call ID KIND [ARGUMENTS as JSON strings]
//	return ID ok ANSWER | return ID unknown
//
// Output: one JSON line per history. CPU time is that of the process, on one thread; reading is not counted.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/anishathalye/porcupine"
)

type input struct {
	kind string
	key  string
	a, b string
}

type output struct {
	answer  string
	unknown bool
}

func register(initial string) porcupine.Model {
	model := registerModel
	model.Init = func() interface{} { return initial }
	return model
}

var registerModel = porcupine.Model{
	Step: func(state, in, out interface{}) (bool, interface{}) {
		held, call, back := state.(string), in.(input), out.(output)
		switch call.kind {
		case "read":
			return back.unknown || back.answer == held, held
		case "write":
			return true, call.a
		default:
			if held == call.a {
				return back.unknown || back.answer != "false", call.b
			}
			return back.unknown || back.answer == "false", held
		}
	},
	Hash: func(state interface{}) uint64 { return textHash(state.(string)) },
}

var kv = porcupine.Model{
	PartitionEvent: func(history []porcupine.Event) [][]porcupine.Event {
		var order []string
		parts := map[string][]porcupine.Event{}
		keys := map[int]string{}
		for _, event := range history {
			if event.Kind == porcupine.CallEvent {
				keys[event.Id] = event.Value.(input).key
			}
			key := keys[event.Id]
			if _, known := parts[key]; !known {
				order = append(order, key)
			}
			parts[key] = append(parts[key], event)
		}
		var all [][]porcupine.Event
		for _, key := range order {
			all = append(all, parts[key])
		}
		return all
	},
	Init: func() interface{} { return "" },
	Step: func(state, in, out interface{}) (bool, interface{}) {
		held, call, back := state.(string), in.(input), out.(output)
		switch call.kind {
		case "get":
			return back.unknown || back.answer == held, held
		case "put":
			return true, call.a
		default:
			return true, held + call.a
		}
	},
	Hash: func(state interface{}) uint64 { return textHash(state.(string)) },
}

func textHash(text string) uint64 {
	hash := uint64(14695981039346656037)
	for i := 0; i < len(text); i++ {
		hash = (hash ^ uint64(text[i])) * 1099511628211
	}
	return hash
}

type history struct {
	name   string
	model  porcupine.Model
	events []porcupine.Event
}

func read() []*history {
	var all []*history
	scanner := bufio.NewScanner(os.Stdin)
	scanner.Buffer(make([]byte, 1<<20), 1<<26)
	for scanner.Scan() {
		field := strings.Split(scanner.Text(), "\t")
		if field[0] == "history" {
			model := register(field[3])
			if field[2] == "kv" {
				model = kv
			}
			all = append(all, &history{name: field[1], model: model})
			continue
		}
		current := all[len(all)-1]
		id, err := strconv.Atoi(field[1])
		if err != nil {
			panic(err)
		}
		if field[0] == "call" {
			call := input{kind: field[2], key: field[3], a: field[4], b: field[5]}
			current.events = append(current.events, porcupine.Event{Kind: porcupine.CallEvent, Id: id, Value: call})
		} else {
			back := output{unknown: field[2] == "unknown", answer: field[3]}
			current.events = append(current.events, porcupine.Event{Kind: porcupine.ReturnEvent, Id: id, Value: back})
		}
	}
	return all
}

func cpu() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func main() {
	limit, err := time.ParseDuration(os.Args[1])
	if err != nil {
		panic(err)
	}
	for _, h := range read() {
		start := cpu()
		verdict := porcupine.CheckEventsTimeout(h.model, h.events, limit)
		first := cpu() - start
		warm := first
		// Short checks are repeated in batches of at least 4 ms; the least batch counts.
		if first < 100*time.Millisecond && verdict != porcupine.Unknown {
			for batch := 0; batch < 25; batch++ {
				rounds, begin := 0, cpu()
				for cpu()-begin < 4*time.Millisecond {
					porcupine.CheckEventsTimeout(h.model, h.events, limit)
					rounds++
				}
				if mean := (cpu() - begin) / time.Duration(rounds); mean < warm {
					warm = mean
				}
			}
		}
		line, err := json.Marshal(map[string]interface{}{
			"name": h.name, "verdict": string(verdict), "firstMs": float64(first) / 1e6, "warmMs": float64(warm) / 1e6,
		})
		if err != nil {
			panic(err)
		}
		fmt.Println(string(line))
	}
}
