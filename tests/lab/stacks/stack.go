// Go programs of the lab: stack ROLE ADDRESS STYLE [MORE...]
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math/rand"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

var block = []byte(strings.Repeat("x", 65536))

func say(style, text string, err error) {
	switch style {
	case "json":
		line, _ := json.Marshal(map[string]any{"level": "error", "ts": float64(time.Now().UnixNano()) / 1e9, "msg": text, "error": err.Error()})
		fmt.Println(string(line))
	case "logfmt":
		fmt.Printf("time=%q level=warning msg=%q error=%q\n", time.Now().UTC().Format(time.RFC3339), text, err.Error())
	default:
		log.Printf("%s: %v", text, err)
	}
}

func serve(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasPrefix(r.URL.Path, "/slow"):
		seconds, _ := strconv.ParseFloat(r.URL.Query().Get("s"), 64)
		time.Sleep(time.Duration(seconds * float64(time.Second)))
	case strings.HasPrefix(r.URL.Path, "/big"):
		for i := 0; i < 60; i++ {
			if _, err := w.Write(block); err != nil {
				say(os.Args[3], "writing the answer failed", err)
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	case r.Method == "POST":
		buffer := make([]byte, 4096)
		for {
			if _, err := r.Body.Read(buffer); err == io.EOF {
				break
			} else if err != nil {
				say(os.Args[3], "reading the body failed", err)
				return
			}
			time.Sleep(2 * time.Millisecond)
		}
	}
	w.Write([]byte("ok\n"))
}

func web(address string) {
	server := &http.Server{Addr: address, Handler: http.HandlerFunc(serve)}
	if len(os.Args) > 4 && strings.HasSuffix(os.Args[4], ".pem") {
		log.Fatal(server.ListenAndServeTLS(os.Args[4], os.Args[4]))
	}
	if len(os.Args) > 4 {
		seconds, _ := strconv.ParseFloat(os.Args[4], 64)
		time.AfterFunc(time.Duration(seconds*float64(time.Second)), func() {
			var prices map[string]int
			prices["late"] = 1
		})
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	go func() {
		log.Print("received signal ", <-stop, ", shutting down")
		patience, done := context.WithTimeout(context.Background(), 500*time.Millisecond)
		defer done()
		server.Shutdown(patience)
		os.Exit(0)
	}()
	log.Print("listening on ", address)
	log.Fatal(server.ListenAndServe())
}

func lines(address, style string) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	for {
		one, err := listener.Accept()
		if err != nil {
			say(style, "accept failed", err)
			time.Sleep(100 * time.Millisecond)
			continue
		}
		go func() {
			defer one.Close()
			buffer := make([]byte, 4096)
			for {
				n, err := one.Read(buffer)
				if err == io.EOF {
					return
				}
				if err == nil {
					_, err = one.Write(buffer[:n])
				}
				if err != nil {
					say(style, "session ended", err)
					return
				}
			}
		}()
	}
}

func call(url, style string) {
	pause, _ := strconv.ParseFloat(os.Args[4], 64)
	workers, _ := strconv.Atoi(os.Args[5])
	client := &http.Client{Timeout: 8 * time.Second, Transport: &http.Transport{
		MaxIdleConnsPerHost: workers, DialContext: (&net.Dialer{Timeout: 3 * time.Second, KeepAlive: -1}).DialContext}}
	body := strings.Repeat("x", 3000000)
	for i := 0; i < workers; i++ {
		go func() {
			for {
				var answer *http.Response
				var err error
				if strings.Contains(url, "/upload") {
					answer, err = client.Post(url, "text/plain", strings.NewReader(body))
				} else {
					answer, err = client.Get(url)
				}
				if err == nil {
					_, err = io.Copy(io.Discard, answer.Body)
					answer.Body.Close()
				}
				if err != nil {
					say(style, "upstream call failed", err)
				}
				time.Sleep(time.Duration(pause * (0.7 + 0.6*rand.Float64()) * float64(time.Second)))
			}
		}()
	}
	select {}
}

// pool keeps raw connections to a line server and uses each now and then.
func pool(address, style string) {
	pause, _ := strconv.ParseFloat(os.Args[4], 64)
	size, _ := strconv.Atoi(os.Args[5])
	dialer := net.Dialer{Timeout: 3 * time.Second, KeepAlive: -1}
	for i := 0; i < size; i++ {
		go func(i int) {
			var one net.Conn
			buffer, used := make([]byte, 4096), time.Now()
			for {
				var err error
				if one == nil {
					one, err = dialer.Dial("tcp", address)
				}
				if err == nil {
					_, err = one.Write([]byte("PING\r\n"))
				}
				if err == nil {
					_, err = one.Read(buffer)
				}
				if err != nil {
					text := "command failed, dropping connection"
					if style == "idle" {
						fmt.Printf("time=%q level=error msg=%q error=%q conn=\"%d\" idle=%q\n", time.Now().UTC().Format(time.RFC3339), text, err.Error(), i, time.Since(used).Round(100*time.Millisecond).String())
					} else {
						say(style, text, err)
					}
					if one != nil {
						one.Close()
					}
					one = nil
				}
				used = time.Now()
				time.Sleep(time.Duration(pause * (0.7 + 0.6*rand.Float64()) * float64(time.Second)))
			}
		}(i)
	}
	select {}
}

func main() {
	rand.Seed(time.Now().UnixNano())
	switch os.Args[1] {
	case "web":
		web(os.Args[2])
	case "lines":
		lines(os.Args[2], os.Args[3])
	case "pool":
		pool(os.Args[2], os.Args[3])
	case "call":
		call(os.Args[2], os.Args[3])
	}
}
