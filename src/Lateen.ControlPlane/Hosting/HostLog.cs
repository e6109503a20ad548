using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Hosting;

internal static partial class HostLog
{
    [LoggerMessage(2001, LogLevel.Information, "Lateen {Version} serves on {Addresses}")]
    public static partial void Started(ILogger logger, string version, string addresses);

    [LoggerMessage(2002, LogLevel.Error, "The control plane can not run: {Reason}")]
    public static partial void Failed(ILogger logger, string reason);

    [LoggerMessage(2003, LogLevel.Warning, "A variable of the environment is not honoured: {Problem}")]
    public static partial void SettingNotHonoured(ILogger logger, string problem);
}
