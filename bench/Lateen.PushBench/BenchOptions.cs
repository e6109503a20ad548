using System.Globalization;

namespace Lateen.PushBench;

/// <summary>What a run measures.</summary>
internal sealed record BenchOptions(string Lateend)
{
    public int Services { get; init; } = 1000;

    public int Endpoints { get; init; } = 10;

    public int Proxies { get; init; } = 200;

    /// <summary>Single changes of each kind, one after the other.</summary>
    public int Changes { get; init; } = 100;

    /// <summary>How long 100 changes a second are made; 0 leaves it out.</summary>
    public int RateSeconds { get; init; } = 60;

    /// <summary>New proxies that connect as fast as they can; 0 leaves it out.</summary>
    public int Connects { get; init; } = 500;

    public bool Delta { get; init; }

    /// <summary>The proxies do not take compressed messages.</summary>
    public bool Plain { get; init; }

    /// <summary>A table that the figures are appended to; null for none.</summary>
    public string? Results { get; init; }

    public static BenchOptions Read(string[] args)
    {
        var options = new BenchOptions(args[0]);
        for (var i = 1; i < args.Length; i++)
        {
            options = args[i] switch
            {
                "--services" => options with { Services = Number(args[++i]) },
                "--endpoints" => options with { Endpoints = Number(args[++i]) },
                "--proxies" => options with { Proxies = Number(args[++i]) },
                "--changes" => options with { Changes = Number(args[++i]) },
                "--rate-seconds" => options with { RateSeconds = Number(args[++i]) },
                "--connects" => options with { Connects = Number(args[++i]) },
                "--delta" => options with { Delta = true },
                "--plain" => options with { Plain = true },
                "--results" => options with { Results = args[++i] },
                var other => throw new ArgumentException($"unknown option {other}"),
            };
        }

        return options;
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
