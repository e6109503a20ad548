namespace Lateen.Sandbox.Node;

/// <summary>What an image stands for on this machine.</summary>
/// <param name="Entrypoint">What runs when the container names no command.</param>
/// <param name="Arguments">What it gets when the container names no arguments either.</param>
internal sealed record ImageProgram(IReadOnlyList<string> Entrypoint, IReadOnlyList<string> Arguments)
{
    /// <summary>The signal that asks it to stop. Default SIGTERM.</summary>
    public string StopSignal { get; init; } = "TERM";

    /// <summary>Shell lines that run once in the container's root, before its volumes are mounted.</summary>
    public string Preparation { get; init; } = "";
}

/// <summary>The programs of the host that image names stand for; nothing is ever pulled.</summary>
internal static class ImageCatalogue
{
    /// <summary>Where containers find lateend and lateen-agent.</summary>
    public const string Programs = "/opt/lateen/bin";

    private static readonly ImageProgram Tools = new(["/bin/bash"], []);

    private static readonly ImageProgram Python = new(["/usr/bin/python3"], []);

    // They run under their own names; the names of the reference's images are there for what is executed inside.
    private static readonly ImageProgram Discovery = new([$"{Programs}/lateend"], [])
    {
        Preparation = $"ln -sfn {Programs}/lateend /usr/local/bin/pilot-discovery\n",
    };

    private static readonly ImageProgram Agent = new([$"{Programs}/lateen-agent"], [])
    {
        Preparation = $"ln -sfn {Programs}/lateen-agent /usr/local/bin/pilot-agent\n",
    };

    /// <summary>The program of an image; null when the catalogue has none.</summary>
    /// <param name="image">The image's name as the pod has it, with registry and tag.</param>
    public static ImageProgram? Find(string image) => ShortName(image) switch
    {
        "nginx" or "nginx-unprivileged" => NginxImage.Program,
        "centos" or "debian" or "ubuntu" or "busybox" or "toolbox" or "curl" or "alpine" or "netshoot" or "sleep" => Tools,
        "python" => Python,
        "pilot" => Discovery,
        "proxyv2" or "auto" => Agent,
        "pause" => new ImageProgram(["/bin/sleep"], ["infinity"]),
        _ => null,
    };

    /// <summary>The last part of an image's name, without tag and digest.</summary>
    internal static string ShortName(string image)
    {
        string name = image.Split('@')[0];
        name = name[(name.LastIndexOf('/') + 1)..];
        int tag = name.IndexOf(':', StringComparison.Ordinal);
        return tag < 0 ? name : name[..tag];
    }
}
