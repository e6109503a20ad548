using System.Text;

namespace Lateen.Proxy.AccessLog;

/// <summary>%GRPC_STATUS(format)%: CAMEL_STRING (default), SNAKE_STRING or NUMBER. An unknown number prints as it is.</summary>
internal static class GrpcStatusText
{
    // gRPC, "Status codes and their use in gRPC", in the order of their numbers.
    private static readonly string[] Camel =
    [
        "OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists", "PermissionDenied",
        "ResourceExhausted", "FailedPrecondition", "Aborted", "OutOfRange", "Unimplemented", "Internal", "Unavailable", "DataLoss",
        "Unauthenticated",
    ];

    private static readonly byte[][] CamelNames = [.. Camel.Select(Encoding.ASCII.GetBytes)];
    private static readonly byte[][] SnakeNames = [.. Camel.Select(n => Encoding.ASCII.GetBytes(Snake(n)))];

    public static LogOperator Operator(string format, int maximum) => format switch
    {
        "NUMBER" => new LogOperator(static (ref LogWriter w, StreamInfo i, Workers.ProxyWorker _) => WriteNumber(ref w, i), true, maximum),
        "SNAKE_STRING" => new LogOperator(static (ref LogWriter w, StreamInfo i, Workers.ProxyWorker _) => Write(ref w, i, SnakeNames), false, maximum),
        _ => new LogOperator(static (ref LogWriter w, StreamInfo i, Workers.ProxyWorker _) => Write(ref w, i, CamelNames), false, maximum),
    };

    private static void Write(ref LogWriter writer, StreamInfo info, byte[][] names)
    {
        if ((uint)info.GrpcStatus < (uint)names.Length)
        {
            writer.Put(names[info.GrpcStatus]);
        }
        else
        {
            WriteNumber(ref writer, info);
        }
    }

    private static void WriteNumber(ref LogWriter writer, StreamInfo info)
    {
        if (info.GrpcStatus >= 0)
        {
            writer.Put(info.GrpcStatus);
        }
    }

    private static string Snake(string name)
    {
        if (name == "OK")
        {
            return name;
        }
        StringBuilder text = new();
        foreach (char c in name)
        {
            text.Append(char.IsAsciiLetterUpper(c) && text.Length > 0 ? "_" : "").Append(char.ToUpperInvariant(c));
        }
        return text.ToString();
    }
}
