using System.Globalization;
using Lateen.Interception.Apply;

namespace Lateen.Agent.Interception;

/// <summary>The log format of the reference: time, level and message, separated by tabs.</summary>
internal static class ConsoleLog
{
    public static InterceptionLog To(TextWriter writer, TimeProvider clock)
    {
        void Write(string level, string message) => writer.Write(string.Create(CultureInfo.InvariantCulture,
            $"{clock.GetUtcNow():yyyy-MM-ddTHH:mm:ss.ffffffZ}\t{level}\t{message}\n"));
        return new InterceptionLog(m => Write("info", m), m => Write("warn", m), m => Write("error", m));
    }
}
