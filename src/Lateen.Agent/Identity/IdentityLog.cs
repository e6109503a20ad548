using Microsoft.Extensions.Logging;

namespace Lateen.Agent.Identity;

internal static partial class IdentityLog
{
    [LoggerMessage(EventId = 31, Level = LogLevel.Information, Message = "generated new workload certificate, valid until {NotAfter:u}; the next in {Seconds:0}s")]
    public static partial void Issued(ILogger logger, DateTimeOffset notAfter, double seconds);

    [LoggerMessage(EventId = 32, Level = LogLevel.Warning, Message = "failed to get a workload certificate: {Reason}; traffic that needs none goes on; trying again within {Seconds:0.0}s")]
    public static partial void NotIssued(ILogger logger, string reason, double seconds);
}
