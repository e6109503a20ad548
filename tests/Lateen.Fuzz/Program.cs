using System.Diagnostics;
using System.Globalization;
using Lateen.Fuzz;

// Lateen.Fuzz [--seconds N] [--seed N] [TARGET…]: mutates each target's seeds for so long; ends with 1 and the input at the first finding.
FuzzTarget[] targets = FuzzRun.Targets;
int seconds = 60, seed = Environment.TickCount;
List<string> names = [];
for (int i = 0; i < args.Length; i++)
{
    switch (args[i])
    {
        case "--seconds":
            seconds = int.Parse(args[++i], CultureInfo.InvariantCulture);
            break;
        case "--seed":
            seed = int.Parse(args[++i], CultureInfo.InvariantCulture);
            break;
        default:
            names.Add(args[i]);
            break;
    }
}
foreach (string name in names)
{
    if (!Array.Exists(targets, t => t.Name == name))
    {
        Console.Error.WriteLine($"fuzz: there is no target {name}; use {string.Join(", ", targets.Select(t => t.Name))}");
        return 2;
    }
}
foreach (FuzzTarget target in targets)
{
    if (names.Count > 0 && !names.Contains(target.Name))
    {
        continue;
    }
    Stopwatch watch = Stopwatch.StartNew();
    if (FuzzRun.Run(target, seed, _ => watch.Elapsed.TotalSeconds < seconds, out long runs) is { } finding)
    {
        Console.WriteLine("fuzz: " + finding);
        return 1;
    }
    Console.WriteLine($"fuzz: {target.Name}: {runs} inputs in {seconds} s, no finding");
}
return 0;
