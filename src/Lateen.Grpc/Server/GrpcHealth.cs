using System.Buffers;
using Google.Protobuf;
using Microsoft.AspNetCore.Routing;

namespace Lateen.Grpc.Server;

/// <summary>The standard health service, <c>grpc.health.v1.Health/Check</c>, for the server as a whole.</summary>
/// <remarks>Its two messages have one field each, so they are read and written by hand: no generated code is needed here.</remarks>
public static class GrpcHealth
{
    private const uint ServiceTag = (1 << 3) | 2;
    private const uint StatusTag = 1 << 3;

    /// <summary>grpc.health.v1.Health/Check: the request is the service's name, the response SERVING (true) or NOT_SERVING.</summary>
    public static GrpcMethod<string, bool> Check { get; } = new(
        "grpc.health.v1.Health",
        "Check",
        new GrpcMarshaller<string>(s => s.Length == 0 ? 0 : Bytes(s).Length, (s, output) => output.Write(s.Length == 0 ? [] : Bytes(s)), ReadService),
        new GrpcMarshaller<bool>(
            static _ => 2, static (serving, output) => output.Write([(byte)StatusTag, serving ? (byte)1 : (byte)2]), ReadStatus));

    /// <summary>Answers Check for every service name with the server's readiness.</summary>
    public static void MapGrpcHealth(this IEndpointRouteBuilder endpoints, GrpcServerOptions options, Func<bool> isReady) =>
        endpoints.MapGrpcUnary(Check, options, (_, _) => Task.FromResult(isReady()));

    private static byte[] Bytes(string service)
    {
        using var buffer = new MemoryStream();
        using (var output = new CodedOutputStream(buffer, leaveOpen: true))
        {
            output.WriteTag(ServiceTag);
            output.WriteString(service);
        }
        return buffer.ToArray();
    }

    private static string ReadService(ReadOnlySequence<byte> bytes)
    {
        var input = new CodedInputStream(bytes.ToArray());
        var service = string.Empty;
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            if (tag == ServiceTag)
            {
                service = input.ReadString();
            }
            else
            {
                input.SkipLastField();
            }
        }
        return service;
    }

    private static bool ReadStatus(ReadOnlySequence<byte> bytes)
    {
        var input = new CodedInputStream(bytes.ToArray());
        var serving = false;
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            if (tag == StatusTag)
            {
                serving = input.ReadEnum() == 1;
            }
            else
            {
                input.SkipLastField();
            }
        }
        return serving;
    }
}
