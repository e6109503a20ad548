using System.Globalization;
using System.Text.Json.Nodes;

namespace Lateen.Injection.GoTemplate;

/// <summary>Reads the arguments of a function call, with the conversions that Go's templates allow.</summary>
internal static class Arguments
{
    public static void Want(object?[] arguments, int least, int most = int.MaxValue)
    {
        if (arguments.Length < least || arguments.Length > most)
        {
            throw new FunctionException(least == most
                ? $"wants {least} argument(s) and got {arguments.Length}"
                : $"wants {least} or more arguments and got {arguments.Length}");
        }
    }

    public static string Text(object?[] arguments, int index) => At(arguments, index) switch
    {
        string text => text,
        null => "",
        var value => GoValue.Format(value),
    };

    public static long Whole(object?[] arguments, int index) => ToWhole(At(arguments, index));

    public static long ToWhole(object? value) => value switch
    {
        long number => number,
        double number => (long)number,
        bool flag => flag ? 1 : 0,
        string text => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) ? (long)real : 0,
        IGoPrintable printable => ToWhole(printable.Print()),
        _ => 0,
    };

    public static double ToReal(object? value) => value switch
    {
        double number => number,
        string text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) ? real : 0,
        _ => ToWhole(value),
    };

    public static GoMap Map(object?[] arguments, int index) => At(arguments, index) switch
    {
        GoMap map => map,
        null => [],
        IGoStruct shape when GoValue.FromJson(shape.ToJson()) is GoMap map => map,
        var value => throw new FunctionException($"argument {index + 1} must be a map and is a {GoValue.TypeOf(value)}"),
    };

    public static List<object?> List(object?[] arguments, int index) => At(arguments, index) switch
    {
        List<object?> list => list,
        null => [],
        var value => throw new FunctionException($"argument {index + 1} must be a list and is a {GoValue.TypeOf(value)}"),
    };

    public static JsonNode? Json(object?[] arguments, int index) => GoValue.ToJson(At(arguments, index));

    /// <summary>The text, if it is not longer than one string may be.</summary>
    public static string Bounded(string text) => text.Length <= TemplateLimits.MaxText
        ? text
        : throw new FunctionException($"result is longer than {TemplateLimits.MaxText} characters");

    private static object? At(object?[] arguments, int index) => index < arguments.Length
        ? arguments[index]
        : throw new FunctionException($"wants at least {index + 1} argument(s) and got {arguments.Length}");
}
