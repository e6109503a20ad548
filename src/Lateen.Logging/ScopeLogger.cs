using Microsoft.Extensions.Logging;

namespace Lateen.Logging;

/// <summary>The logger of one scope.</summary>
internal sealed class ScopeLogger(ConsoleLogFactory factory, string scope) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None && logLevel >= factory.Levels.Of(scope);

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            factory.Write(logLevel, scope, formatter(state, exception), exception);
        }
    }
}
