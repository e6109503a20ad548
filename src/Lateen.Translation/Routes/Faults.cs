using Envoy.Extensions.Filters.Http.Fault.V3;
using Envoy.Type.V3;
using Lateen.Model.Networking;

namespace Lateen.Translation.Routes;

/// <summary>Faults put in on purpose.</summary>
internal static class Faults
{
    public static HTTPFault Build(HttpFault fault)
    {
        var result = new HTTPFault();
        if (fault.Delay is { FixedDelay: { } delay })
        {
            result.Delay = new() { FixedDelay = delay.ToDuration(), Percentage = Percentages.Of(fault.Delay.Percentage ?? (fault.Delay.Percent > 0 ? fault.Delay.Percent : null)) };
        }

        if (fault.Abort is { } abort && (abort.HttpStatus is not null || abort.GrpcStatus is not null))
        {
            result.Abort = new() { Percentage = Percentages.Of(abort.Percentage) };
            if (abort.HttpStatus is { } status)
            {
                result.Abort.HttpStatus = (uint)status;
            }
            else
            {
                result.Abort.GrpcStatus = GrpcStatus(abort.GrpcStatus!);
            }
        }

        return result;
    }

    /// <summary>gRPC status codes by name (grpc.io, "Status codes"); 2 UNKNOWN for what has no number.</summary>
    private static uint GrpcStatus(string name)
    {
        string[] names =
        [
            "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
            "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
            "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
        ];
        var at = Array.IndexOf(names, name.ToUpperInvariant());
        return at < 0 ? 2u : (uint)at;
    }
}

/// <summary>Percentages as fractions of a million.</summary>
internal static class Percentages
{
    /// <summary>Null means all.</summary>
    public static FractionalPercent Of(double? percent) => percent is null
        ? new() { Numerator = 100, Denominator = FractionalPercent.Types.DenominatorType.Hundred }
        : new()
        {
            Numerator = (uint)Math.Round(percent.Value * 10_000),
            Denominator = FractionalPercent.Types.DenominatorType.Million,
        };
}
