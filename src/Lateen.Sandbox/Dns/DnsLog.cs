using Microsoft.Extensions.Logging;

namespace Lateen.Sandbox.Dns;

internal static partial class DnsLog
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Debug, Message = "A name request was not answered: {Error}")]
    public static partial void Failed(ILogger logger, string error);
}
