using Envoy.Extensions.Filters.Common.Fault.V3;
using Envoy.Extensions.Filters.Http.Fault.V3;
using Lateen.Proxy.Compile;
using Lateen.Proxy.Routing;

namespace Lateen.Proxy.Filters.Fault;

/// <summary>A fault to inject (envoy.extensions.filters.http.fault.v3.HTTPFault), compiled. Immutable.</summary>
internal sealed class FaultConfig
{
    /// <summary>0: no delay.</summary>
    public long DelayMilliseconds { get; init; }

    public (uint Numerator, uint Denominator) DelayShare { get; init; }

    /// <summary>0: no abort.</summary>
    public int AbortStatus { get; init; }

    /// <summary>grpc-status of an abort, -1 if it is an HTTP status.</summary>
    public int AbortGrpcStatus { get; init; } = -1;

    public (uint Numerator, uint Denominator) AbortShare { get; init; }

    /// <summary>All must match.</summary>
    public HeaderMatcher[] Headers { get; init; } = [];

    /// <summary>Only requests to this cluster; empty: all.</summary>
    public string UpstreamCluster { get; init; } = "";

    public static FaultConfig? Compile(CompileScope scope, HTTPFault? fault, string path)
    {
        if (fault is null)
        {
            return null;
        }
        if (fault.Delay?.FaultDelaySecifierCase == FaultDelay.FaultDelaySecifierOneofCase.HeaderDelay
            || fault.Abort?.ErrorTypeCase == FaultAbort.ErrorTypeOneofCase.HeaderAbort || fault.ResponseRateLimit is not null)
        {
            scope.Refuse(path, "header_delay, header_abort and response_rate_limit are not supported");
        }
        bool grpc = fault.Abort?.ErrorTypeCase == FaultAbort.ErrorTypeOneofCase.GrpcStatus;
        return new FaultConfig
        {
            DelayMilliseconds = CompileScope.Milliseconds(fault.Delay?.FixedDelay, 0),
            DelayShare = fault.Delay is null ? (0, 100) : RouteCompiler.Fraction(fault.Delay.Percentage ?? new()),
            AbortStatus = fault.Abort is null ? 0 : grpc ? 200 : (int)fault.Abort.HttpStatus,
            AbortGrpcStatus = grpc ? (int)fault.Abort!.GrpcStatus : -1,
            AbortShare = fault.Abort is null ? (0, 100) : RouteCompiler.Fraction(fault.Abort.Percentage ?? new()),
            Headers = MatcherCompiler.Headers(scope, fault.Headers, path + ".headers"),
            UpstreamCluster = fault.UpstreamCluster,
        };
    }
}
