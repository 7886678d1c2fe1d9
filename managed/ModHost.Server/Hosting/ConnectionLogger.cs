using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ModHost.Server.Hosting;

/// <summary>ILogger output to the web server's error log. The alias is for <c>Logging:ModHost:LogLevel</c>.</summary>
[ProviderAlias("ModHost")]
internal sealed class ConnectionLoggerProvider(IServerConnection connection, bool ownOnly) : ILoggerProvider
{
    private const string OwnPrefix = "ModHost.";

    public ILogger CreateLogger(string categoryName) =>
        ownOnly && !categoryName.StartsWith(OwnPrefix, StringComparison.Ordinal)
            ? NullLogger.Instance
            : new ConnectionLogger(connection, categoryName);

    public void Dispose()
    {
    }

    private sealed class ConnectionLogger(IServerConnection connection, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.None)
            {
                return;
            }

            var text = formatter(state, exception);
            if (exception is not null)
            {
                text = string.IsNullOrEmpty(text) ? exception.ToString() : $"{text}\n{exception}";
            }

            if (text.Length > 0)
            {
                connection.Log((int)logLevel, category, text);
            }
        }
    }
}
