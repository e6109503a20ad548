using System.Globalization;

namespace Lateen.Injection.GoTemplate;

/// <summary>Reads pipelines: commands of operands, joined by bars, and the variables that take their value.</summary>
/// <param name="variables">The names in scope; those that a pipeline declares are added.</param>
internal sealed class PipelineParser(TokenCursor cursor, FunctionTable functions, List<string> variables)
{
    /// <param name="until">The token that ends it, which is taken.</param>
    /// <param name="where">What it belongs to; `range` alone may set two variables.</param>
    public PipelineNode Read(TokenKind until, string where)
    {
        cursor.Enter();
        cursor.SkipSpace();
        var line = cursor.Current.Line;
        var names = ReadVariables(where, out var declares);
        var commands = new List<CommandNode>();
        while (true)
        {
            cursor.SkipSpace();
            if (cursor.Current.Kind == until && commands.Count == 0)
            {
                throw cursor.Error($"{where} has no value");
            }

            commands.Add(ReadCommand(until));
            if (cursor.Current.Kind != TokenKind.Pipe)
            {
                break;
            }

            cursor.Advance();
        }

        if (cursor.Current.Kind != until)
        {
            throw cursor.Error($"unexpected \"{cursor.Current.Value}\" in {where}");
        }

        cursor.Advance();
        variables.AddRange(declares ? names : []);
        foreach (var command in commands.Skip(1))
        {
            if (command.Words[0] is LiteralNode)
            {
                throw cursor.Error("a literal cannot take the value of a pipeline");
            }
        }

        cursor.Leave();
        return new PipelineNode(line, names, declares, commands);
    }

    private List<string> ReadVariables(string where, out bool declares)
    {
        declares = false;
        var start = cursor.Mark();
        var names = new List<string>();
        while (cursor.Current.Kind == TokenKind.Variable)
        {
            names.Add(cursor.Current.Value);
            cursor.Advance();
            cursor.SkipSpace();
            if (cursor.Current.Kind is TokenKind.Declare or TokenKind.Assign)
            {
                declares = cursor.Current.Kind == TokenKind.Declare;
                cursor.Advance();
                if (names.Count > (where == "range" ? 2 : 1))
                {
                    throw cursor.Error($"too many variables in {where}");
                }

                return declares || names.All(variables.Contains) ? names : throw cursor.Error($"undefined variable {names[0]}");
            }

            if (cursor.Current.Kind != TokenKind.Comma || where != "range")
            {
                break;
            }

            cursor.Advance();
            cursor.SkipSpace();
        }

        cursor.Return(start);
        return [];
    }

    private CommandNode ReadCommand(TokenKind until)
    {
        var line = cursor.Current.Line;
        var words = new List<Node>();
        while (true)
        {
            cursor.SkipSpace();
            if (cursor.Current.Kind == until || cursor.Current.Kind == TokenKind.Pipe)
            {
                break;
            }

            words.Add(ReadOperand());
            if (cursor.Current.Kind is not (TokenKind.Space or TokenKind.Pipe) && cursor.Current.Kind != until)
            {
                throw cursor.Error($"unexpected \"{cursor.Current.Value}\" after an operand");
            }
        }

        return words.Count > 0 ? new CommandNode(line, words) : throw cursor.Error("a command of the pipeline is empty");
    }

    private Node ReadOperand()
    {
        var token = cursor.Take();
        Node node = token.Kind switch
        {
            TokenKind.Dot => new DotNode(token.Line),
            TokenKind.Field => new FieldNode(token.Line, new DotNode(token.Line), token.Value),
            TokenKind.Variable => variables.Contains(token.Value)
                ? new VariableNode(token.Line, token.Value)
                : throw cursor.Error($"undefined variable {token.Value}"),
            TokenKind.String => new LiteralNode(token.Line, token.Value),
            TokenKind.Char => new LiteralNode(token.Line, (long)char.ConvertToUtf32(token.Value, 0)),
            TokenKind.Number => new LiteralNode(token.Line, ReadNumber(token)),
            TokenKind.LeftParen => Read(TokenKind.RightParen, "parentheses"),
            TokenKind.Identifier => ReadIdentifier(token),
            _ => throw cursor.Error(token.Line, $"unexpected \"{token.Value}\""),
        };
        while (cursor.Current.Kind == TokenKind.Field)
        {
            node = node is LiteralNode
                ? throw cursor.Error($"a literal has no field .{cursor.Current.Value}")
                : new FieldNode(cursor.Current.Line, node, cursor.Current.Value);
            cursor.Advance();
        }

        return node;
    }

    private Node ReadIdentifier(TemplateToken token) => token.Value switch
    {
        "true" => new LiteralNode(token.Line, true),
        "false" => new LiteralNode(token.Line, false),
        "nil" => new LiteralNode(token.Line, null),
        _ => functions.Knows(token.Value)
            ? new FunctionNode(token.Line, token.Value)
            : throw cursor.Error(token.Line, $"function \"{token.Value}\" is not defined"),
    };

    private object ReadNumber(TemplateToken token)
    {
        var text = token.Value.Replace("_", "", StringComparison.Ordinal);
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
        {
            return whole;
        }

        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            && long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out whole))
        {
            return whole;
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real)
            ? real
            : throw cursor.Error(token.Line, $"bad number {token.Value}");
    }
}
