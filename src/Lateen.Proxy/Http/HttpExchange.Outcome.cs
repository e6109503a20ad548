using System.Buffers.Text;
using Lateen.Net.Http1;
using Lateen.Proxy.Pools;

namespace Lateen.Proxy.Http;

/// <summary>What each attempt tells outlier detection about its host.</summary>
internal sealed partial class HttpExchange
{
    private void ReportResponse(int status, bool endStream)
    {
        if (Host?.Outlier is { } monitor)
        {
            monitor.OnResponse(endStream && IsGrpc ? HttpStatusOfGrpc(status) : status);
        }
    }

    // A circuit breaker's refusal and our own resets say nothing of the host.
    private void ReportFailure(UpstreamFailure failure)
    {
        if (failure is not (UpstreamFailure.Overflow or UpstreamFailure.LocalReset))
        {
            Host?.Outlier?.OnFailure(timedOut: false);
        }
    }

    private void ReportTimeout() => Host?.Outlier?.OnFailure(timedOut: true);

    // Envoy, Grpc::Utility::grpcToHttpStatus: a trailers-only answer counts by what it says.
    private int HttpStatusOfGrpc(int status) =>
        !Utf8Parser.TryParse(Response.Get(HttpField.GrpcStatus), out int grpc, out _) ? status : grpc switch
        {
            0 => 200,
            1 => 499,
            3 or 9 or 11 => 400,
            4 => 504,
            5 => 404,
            6 or 10 => 409,
            7 => 403,
            8 => 429,
            12 => 501,
            14 => 503,
            16 => 401,
            _ => 500,
        };
}
