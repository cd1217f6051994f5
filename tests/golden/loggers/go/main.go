// Writes what the loggers of Go write: go run . DIRECTORY.
package main

import (
	"context"
	"errors"
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"
	"github.com/sirupsen/logrus"
	"go.elastic.co/ecszap"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

var failure = errors.New("cannot ship")

func open(name string) *os.File {
	file, err := os.Create(filepath.Join(os.Args[1], name+".log"))
	if err != nil {
		log.Fatal(err)
	}
	return file
}

func useZap(name string, core zapcore.Core) {
	logger := zap.New(core, zap.AddCaller(), zap.AddStacktrace(zap.ErrorLevel)).Named("shop")
	logger.Debug("cache warm")
	logger.Info("order placed", zap.Int("order_id", 4711), zap.String("http.route", "/orders"))
	logger.Warn("slow query", zap.Duration("duration", 750*time.Millisecond))
	logger.Error("order failed", zap.Error(failure))
	logger.DPanic("no disk space")
}

func zaps() {
	config := zap.NewProductionEncoderConfig()
	useZap("zap", zapcore.NewCore(zapcore.NewJSONEncoder(config), open("zap"), zap.DebugLevel))
	config.EncodeTime = zapcore.ISO8601TimeEncoder
	useZap("zap_iso", zapcore.NewCore(zapcore.NewJSONEncoder(config), open("zap_iso"), zap.DebugLevel))
	useZap("ecs_zap", ecszap.NewCore(ecszap.NewDefaultEncoderConfig(), open("ecs_zap"), zap.DebugLevel))
}

func useZerolog(name string) {
	logger := zerolog.New(open(name)).With().Timestamp().Str("service", "shop").Logger()
	logger.Debug().Msg("cache warm")
	logger.Info().Int("order_id", 4711).Str("http.route", "/orders").Msg("order placed")
	logger.Warn().Dur("duration_ms", 750*time.Millisecond).Msg("slow query")
	logger.Error().Err(failure).Msg("order failed")
	logger.WithLevel(zerolog.FatalLevel).Msg("no disk space")
}

func zerologs() {
	useZerolog("zerolog")
	zerolog.TimeFieldFormat = zerolog.TimeFormatUnixMs
	useZerolog("zerolog_unix_ms")
}

func useLogrus(name string, formatter logrus.Formatter) {
	logger := logrus.New()
	logger.Out = open(name)
	logger.Level = logrus.TraceLevel
	logger.Formatter = formatter
	logger.Trace("cache warm")
	logger.WithFields(logrus.Fields{"order_id": 4711, "http.route": "/orders"}).Info("order placed")
	logger.WithField("duration_ms", 750.5).Warn("slow \"query\"")
	logger.WithError(failure).Error("order failed")
}

func slogs() {
	for name, handler := range map[string]func(*os.File, *slog.HandlerOptions) slog.Handler{
		"slog":        func(f *os.File, o *slog.HandlerOptions) slog.Handler { return slog.NewJSONHandler(f, o) },
		"slog_logfmt": func(f *os.File, o *slog.HandlerOptions) slog.Handler { return slog.NewTextHandler(f, o) },
	} {
		logger := slog.New(handler(open(name), &slog.HandlerOptions{Level: slog.LevelDebug}))
		logger.Debug("cache warm")
		logger.Info("order placed", "order_id", 4711, slog.Group("http", "route", "/orders"))
		logger.Warn("slow query", "duration_ms", 750.5)
		logger.Log(context.Background(), slog.LevelError, "order failed", "err", failure)
	}
}

func main() {
	zaps()
	zerologs()
	useLogrus("logrus", &logrus.JSONFormatter{})
	useLogrus("logrus_logfmt", &logrus.TextFormatter{DisableColors: true, FullTimestamp: true})
	slogs()
	std := log.New(open("go_log"), "", log.LstdFlags)
	std.Print("order placed")
	micros := log.New(open("go_log_micros"), "", log.LstdFlags|log.Lmicroseconds|log.Lshortfile)
	micros.Print("order placed")
}
