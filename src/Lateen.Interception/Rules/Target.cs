using System.Globalization;

namespace Lateen.Interception.Rules;

/// <summary>What a rule does with a packet.</summary>
public abstract record Target
{
    /// <summary>The words that follow the matches, <c>-j</c> included.</summary>
    public abstract IReadOnlyList<string> Words { get; }

    /// <summary>Back to the calling chain, or to the chain's policy.</summary>
    public sealed record ReturnToCaller : Target
    {
        public override IReadOnlyList<string> Words { get; } = ["-j", "RETURN"];
    }

    /// <summary>This table is done with the packet.</summary>
    public sealed record Accept : Target
    {
        public override IReadOnlyList<string> Words { get; } = ["-j", "ACCEPT"];
    }

    /// <summary>The packet is gone.</summary>
    public sealed record Drop : Target
    {
        public override IReadOnlyList<string> Words { get; } = ["-j", "DROP"];
    }

    /// <summary>Goes on in another chain of the table.</summary>
    public sealed record Jump(string Chain) : Target
    {
        public override IReadOnlyList<string> Words => ["-j", Chain];
    }

    /// <summary>The destination becomes this machine and this port.</summary>
    /// <param name="Port">The port.</param>
    /// <param name="Singular">Spelled --to-port, as the reference spells it in its UDP rules.</param>
    public sealed record Redirect(ushort Port, bool Singular = false) : Target
    {
        public override IReadOnlyList<string> Words =>
            ["-j", "REDIRECT", Singular ? "--to-port" : "--to-ports", Port.ToString(CultureInfo.InvariantCulture)];
    }

    /// <summary>The packet, unchanged, goes to the socket that listens on this port.</summary>
    public sealed record TransparentProxy(ushort Port, uint Mark) : Target
    {
        public override IReadOnlyList<string> Words =>
        [
            "-j", "TPROXY", "--tproxy-mark", string.Create(CultureInfo.InvariantCulture, $"{Mark}/0xffffffff"),
            "--on-port", Port.ToString(CultureInfo.InvariantCulture),
        ];
    }

    /// <summary>Marks the packet and goes on.</summary>
    public sealed record SetMark(uint Mark) : Target
    {
        public override IReadOnlyList<string> Words => ["-j", "MARK", "--set-mark", Mark.ToString(CultureInfo.InvariantCulture)];
    }

    /// <summary>Copies the packet's mark to its connection and goes on.</summary>
    public sealed record SaveMark : Target
    {
        public override IReadOnlyList<string> Words { get; } = ["-j", "CONNMARK", "--save-mark"];
    }

    /// <summary>Copies the connection's mark to the packet and goes on.</summary>
    public sealed record RestoreMark : Target
    {
        public override IReadOnlyList<string> Words { get; } = ["-j", "CONNMARK", "--restore-mark"];
    }

    /// <summary>Tracks the packet's connection in a zone of its own and goes on.</summary>
    public sealed record ConntrackZone(ushort Zone) : Target
    {
        public override IReadOnlyList<string> Words => ["-j", "CT", "--zone", Zone.ToString(CultureInfo.InvariantCulture)];
    }

    /// <summary>Tells whoever reads NFLOG group 1337 and goes on. 20 bytes are enough for an IPv4 header.</summary>
    public sealed record Log(string Prefix) : Target
    {
        public override IReadOnlyList<string> Words =>
            ["-j", "NFLOG", "--nflog-prefix", $"\"{Prefix}\"", "--nflog-group", "1337", "--nflog-size", "20"];
    }
}
