using Microsoft.Extensions.Logging;

namespace Lateen.Grpc.Server;

internal static partial class GrpcLog
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Error, Message = "gRPC handler of {Path} failed")]
    public static partial void HandlerFailed(ILogger logger, string path, Exception exception);
}
