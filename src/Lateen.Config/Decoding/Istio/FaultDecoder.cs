using Lateen.Model.Networking;

namespace Lateen.Config.Decoding.Istio;

/// <summary>Reads HTTPFaultInjection and percentages.</summary>
internal static class FaultDecoder
{
    // grpc.io, "Status codes and their use in gRPC".
    private static readonly HashSet<string> GrpcStatuses =
    [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE",
        "DATA_LOSS", "UNAUTHENTICATED",
    ];

    public static HttpFault Read(ObjectReader fault)
    {
        if (fault.CountPresent("delay", "abort") == 0)
        {
            fault.Problem("an empty fault", "give delay or abort");
        }

        return new HttpFault(fault["delay"].Message(ReadDelay), fault["abort"].Message(ReadAbort));
    }

    /// <summary>Istio's Percent message, {value: 0.0-100.0}; null when the field is absent.</summary>
    public static double? Percentage(ValueReader field)
    {
        double? result = null;
        field.Message(percent =>
        {
            result = percent["value"].Number() ?? 0;
            if (result is not (>= 0 and <= 100))
            {
                percent["value"].Problem($"{result} is no percentage", "use 0 to 100");
            }

            return percent;
        });
        return result;
    }

    private static FaultDelay ReadDelay(ObjectReader delay)
    {
        delay.OneOf("fixedDelay", "exponentialDelay");
        if (!delay["fixedDelay"].IsPresent)
        {
            delay.Problem("a delay without duration", "set fixedDelay");
        }

        if (delay["exponentialDelay"].IsPresent)
        {
            delay["exponentialDelay"].Problem("not supported", "use fixedDelay");
        }

        return new FaultDelay(
            delay["fixedDelay"].Milliseconds(),
            delay["exponentialDelay"].Duration(),
            Percentage(delay["percentage"]),
            delay["percent"].Percent() ?? 0);
    }

    private static FaultAbort ReadAbort(ObjectReader abort)
    {
        abort.OneOf("httpStatus", "grpcStatus", "http2Error");
        if (abort.CountPresent("httpStatus", "grpcStatus", "http2Error") == 0)
        {
            abort.Problem("an abort without status", "set httpStatus or grpcStatus");
        }

        var grpc = abort["grpcStatus"].Text();
        if (grpc is not null && !GrpcStatuses.Contains(grpc))
        {
            abort["grpcStatus"].Problem($"\"{grpc}\" is no gRPC status", "use a name such as UNAVAILABLE");
        }

        if (abort["http2Error"].IsPresent)
        {
            abort["http2Error"].Problem("not supported", "use httpStatus or grpcStatus");
        }

        return new FaultAbort(abort["httpStatus"].Number32(200, 600), grpc, abort["http2Error"].Text(), Percentage(abort["percentage"]));
    }
}
