namespace Lateen.Proxy.AccessLog;

/// <summary>Envoy's response flags in the order in which they are printed (stream_info.h).</summary>
[Flags]
internal enum ResponseFlags
{
    None = 0,
    LH = 1 << 0,
    UH = 1 << 1,
    UT = 1 << 2,
    LR = 1 << 3,
    UR = 1 << 4,
    UF = 1 << 5,
    UC = 1 << 6,
    UO = 1 << 7,
    NR = 1 << 8,
    DI = 1 << 9,
    FI = 1 << 10,
    RL = 1 << 11,
    UAEX = 1 << 12,
    RLSE = 1 << 13,
    DC = 1 << 14,
    URX = 1 << 15,
    SI = 1 << 16,
    IH = 1 << 17,
    DPE = 1 << 18,
    UMSDR = 1 << 19,
    RFCF = 1 << 20,
    NFCF = 1 << 21,
    DT = 1 << 22,
    UPE = 1 << 23,
    NC = 1 << 24,
    OM = 1 << 25,
}

/// <summary>The flags as the access log and metric labels print them.</summary>
internal static class ResponseFlagsText
{
    /// <summary>Comma-separated in Envoy's order, a dash for none. Allocates: not for each request.</summary>
    public static string ToText(this ResponseFlags flags) =>
        flags == ResponseFlags.None ? "-" : string.Join(',', Enum.GetValues<ResponseFlags>().Where(f => f != ResponseFlags.None && flags.HasFlag(f)));
}
