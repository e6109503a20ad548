using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Jwks;

internal static partial class JwksLog
{
    [LoggerMessage(2701, LogLevel.Information, "Fetched the keys of {Source}")]
    public static partial void Fetched(ILogger logger, string source);

    [LoggerMessage(2702, LogLevel.Warning, "The keys of {Source} can not be fetched: {Problem}; tokens signed with keys not known yet are refused; next attempt in {Seconds} s")]
    public static partial void FetchFailed(ILogger logger, string source, string problem, double seconds);
}
