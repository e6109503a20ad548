using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Lateen.Logging;

/// <summary>Writes log lines in Istio's form: <c>time TAB level TAB scope TAB message</c>, the scope left out when it is "default".</summary>
/// <remarks>
/// It is a provider (for a host that has its own factory) and a factory (for a program that has none). Writers are
/// serialised by one lock; each line is written whole and flushed.
/// </remarks>
public sealed class ConsoleLogFactory : ILoggerFactory, ILoggerProvider
{
    private readonly ConcurrentDictionary<string, ILogger> _loggers = new(StringComparer.Ordinal);
    private readonly TextWriter _output;
    private readonly TimeProvider _time;
    private readonly bool _asJson;
    private readonly Lock _gate = new();

    /// <param name="output">Where lines go; not disposed here.</param>
    /// <param name="levels">What each scope writes; may change while running.</param>
    /// <param name="time">Source of the time stamps.</param>
    /// <param name="asJson">One JSON object per line in place of the text form (<c>--log_as_json</c>).</param>
    public ConsoleLogFactory(TextWriter output, LogLevels levels, TimeProvider time, bool asJson = false)
    {
        _output = output;
        Levels = levels;
        _time = time;
        _asJson = asJson;
    }

    /// <summary>The levels in force; setting one here takes effect at once.</summary>
    public LogLevels Levels { get; }

    /// <inheritdoc cref="ILoggerFactory.CreateLogger"/>
    public ILogger CreateLogger(string categoryName) =>
        _loggers.GetOrAdd(LogScope.Of(categoryName), static (scope, self) => new ScopeLogger(self, scope), this);

    /// <summary>Not supported: this factory writes to one place.</summary>
    public void AddProvider(ILoggerProvider provider) =>
        throw new NotSupportedException("the console log factory takes no further providers");

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    internal void Write(LogLevel level, string scope, string message, Exception? exception)
    {
        var line = _asJson
            ? LogLine.Json(_time.GetUtcNow(), level, scope, message, exception)
            : LogLine.Text(_time.GetUtcNow(), level, scope, message, exception);
        lock (_gate)
        {
            _output.WriteLine(line);
            _output.Flush();
        }
    }
}
